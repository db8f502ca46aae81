"""The budget of requests: when cars are polled, and which requests are refused."""
