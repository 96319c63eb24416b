"""Reads and writes contacts with the hubspot-api-client SDK; only the host and the token come from outside.

SDK_URL: such as https://localhost:7502 or https://localhost:7444/proxy/@account.
SDK_TOKEN: a token of the vendor, or an API key of ours.
SDK_CA_FILE: the development authority.
"""

import os
import uuid

from hubspot.crm.contacts import (
    ApiClient, BasicApi, Configuration, PublicObjectSearchRequest, SearchApi, SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.contacts.exceptions import ApiException

configuration = Configuration(host=os.environ["SDK_URL"])
configuration.access_token = os.environ["SDK_TOKEN"]
configuration.ssl_ca_cert = os.environ["SDK_CA_FILE"]
client = ApiClient(configuration)
basic, search = BasicApi(client), SearchApi(client)

ids, after = [], None
while True:
    page = basic.get_page(limit=100, after=after, properties=["email", "firstname", "lastname"])
    ids += [contact.id for contact in page.results]
    assert all("email" in contact.properties for contact in page.results)
    if page.paging is None:
        break
    after = page.paging.next.after
assert len(ids) == len(set(ids)) > 200, len(ids)

contact = basic.get_by_id(ids[3], properties=["firstname", "jobtitle"])
assert contact.id == ids[3] and set(contact.properties) >= {"firstname", "jobtitle", "hs_object_id"}

found = search.do_search(
    PublicObjectSearchRequest(
        filter_groups=[{"filters": [{"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"}]}],
        sorts=[{"propertyName": "createdate", "direction": "DESCENDING"}], properties=["lifecyclestage"], limit=10,
    )
)
assert found.total > 10 and all(item.properties["lifecyclestage"] == "customer" for item in found.results)

try:
    basic.get_by_id("1")
    raise SystemExit("an error was expected")
except ApiException as error:
    assert error.status == 404 and "OBJECT_NOT_FOUND" in error.body, error.body

# Make one, change it, take it away.
email = f"sdk.{uuid.uuid4().hex[:10]}@example.com"
wish = SimplePublicObjectInputForCreate(
    properties={"email": email, "lastname": "Okafor"},
    associations=[{"to": {"id": "28700000000"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]}],
)
made = basic.create(simple_public_object_input_for_create=wish)
assert made.properties["email"] == email and made.archived is False, made
changed = basic.update(made.id, simple_public_object_input=SimplePublicObjectInput(properties={"firstname": "Nadia"}))
assert changed.properties["firstname"] == "Nadia", changed
linked = basic.get_by_id(made.id, associations=["companies"])
assert linked.associations["companies"].results[0].id == "28700000000", linked
try:
    basic.create(simple_public_object_input_for_create=wish)
    raise SystemExit("an error was expected")
except ApiException as error:
    assert error.status == 409 and f"Existing ID: {made.id}" in error.body, error.body
try:
    basic.update(made.id, simple_public_object_input=SimplePublicObjectInput(properties={"missing": "1"}))
    raise SystemExit("an error was expected")
except ApiException as error:
    assert error.status == 400 and "PROPERTY_DOESNT_EXIST" in error.body, error.body
basic.archive(made.id)
try:
    basic.get_by_id(made.id)
    raise SystemExit("an error was expected")
except ApiException as error:
    assert error.status == 404, error.body

print(f"ok: {len(ids)} contacts")
