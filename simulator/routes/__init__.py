"""The routes of the cloud.

`connect` is the Connect origin, `iam` the token endpoint, `connections` and `vehicles` the vehicle
API, `applications`, `webhooks` and `subscriptions` the management API. `control` and `dashboard`
are the simulator's own, under `/_sim`.
"""
