"""The routes of the cloud, one module per origin."""
