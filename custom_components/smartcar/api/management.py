"""The management API: applications, webhooks, subscriptions."""

from .models import Application, ConnectedVehicle, Listing, Subscription, Webhook
from .session import ApiSession, Request


class ManagementMethods:
    """The methods of `SmartcarClient` that use the management API.

    They need no permission of an owner, and Smartcar does not count them as requests for a
    vehicle. Webhooks are created, changed and verified in Smartcar's dashboard only.
    """

    _management_api: ApiSession

    async def get_applications(self) -> Listing[Application]:
        """Return the applications that the token can read: usually only its own one.

        Source: the management API's specification, which
        https://smartcar.com/docs/api-reference/get-subscription quotes
        """
        return await self._management_api.get_list("/applications", Application.from_json)

    async def get_webhooks(self) -> Listing[Webhook]:
        """Return the webhooks of the application, all pages.

        Source: the management API's specification, which
        https://smartcar.com/docs/api-reference/get-subscription quotes
        """
        return await self._management_api.get_list("/webhooks", Webhook.from_json)

    async def get_subscriptions(
        self,
        *,
        webhook_id: str | None = None,
        user_id: str | None = None,
        vehicle_id: str | None = None,
    ) -> Listing[Subscription]:
        """Return the subscriptions of vehicles to webhooks, all pages.

        Source: https://smartcar.com/docs/api-reference/get-subscription

        Args:
            webhook_id: Only those to this webhook.
            user_id: Only those of the owner with this id of Smartcar.
            vehicle_id: Only those of this vehicle.
        """
        return await self._management_api.get_list(
            "/subscriptions",
            Subscription.from_json,
            webhookId=webhook_id,
            userId=user_id,
            vehicleId=vehicle_id,
        )

    async def create_subscription(self, webhook_id: str, vehicle: ConnectedVehicle) -> None:
        """Request the subscription of a vehicle to a webhook, which exists a little later.

        Source: https://smartcar.com/docs/api-reference/create-subscription

        Args:
            webhook_id: The id of the webhook.
            vehicle: The pair of ids of the vehicle's connection.

        Raises:
            ConflictError: The vehicle is subscribed already.
        """
        attributes = {
            "webhookId": webhook_id,
            "userId": vehicle.user_id,
            "vehicleId": vehicle.vehicle_id,
        }
        request = Request(
            method="POST", path="/subscriptions", json={"data": {"attributes": attributes}}
        )
        (await self._management_api.send(request)).raise_for_error()

    async def delete_subscription(self, subscription_id: str) -> None:
        """End a subscription.

        Source: https://smartcar.com/docs/api-reference/get-subscription
        """
        await self._management_api.delete(
            "/subscriptions/{subscription_id}", subscription_id=subscription_id
        )
