"""Reads workers with adpapi over mutual TLS; its hosts are fixed, so one adapter below sends them elsewhere.

SDK_URL: such as https://localhost:7501 or https://localhost:7444/proxy/@account.
SDK_CLIENT_ID, SDK_CLIENT_SECRET: the vendor's client, or anything and an API key of ours.
SDK_CERT, SDK_KEY: the client certificate.
REQUESTS_CA_BUNDLE: the development authority.
"""

import os

import requests
from adpapi import AdpApiClient, AdpCredentials
from requests.adapters import HTTPAdapter

BASE = os.environ["SDK_URL"]


# The one place where the SDK's fixed hosts (accounts.adp.com for tokens, api.adp.com for all else) are led to BASE.
class Elsewhere(HTTPAdapter):
    def send(self, request, **options):
        for host in ("https://accounts.adp.com", "https://api.adp.com"):
            if request.url.startswith(host):
                request.url = BASE + request.url[len(host):]
        # The SDK's session is told the authority by the environment, for which it looks at the original address alone.
        options["verify"] = os.environ["REQUESTS_CA_BUNDLE"]
        return super().send(request, **options)


def client(secret=os.environ["SDK_CLIENT_SECRET"], cert=os.environ["SDK_CERT"], key=os.environ["SDK_KEY"]):
    made = AdpApiClient(AdpCredentials(os.environ["SDK_CLIENT_ID"], secret, cert, key), retry_on_statuses=[])
    made.session.mount("https://", Elsewhere())
    return made


with client() as sdk:
    # Asks with $skip until the 204.
    pages = sdk.call_endpoint("/hr/v2/workers", page_size=100)
    ids = [worker["associateOID"] for page in pages for worker in page["workers"]]
    assert len(pages) == 3 and len(ids) == len(set(ids)) > 200, (len(pages), len(ids))

    single = sdk.call_rest_endpoint("/hr/v2/workers/{associateOID}", associateOID=ids[5])
    assert single[0]["workers"][0]["associateOID"] == ids[5], single

    found = sdk.call_endpoint(
        "/hr/v2/workers", filters="workers.workAssignments.assignmentStatus.statusCode.codeValue eq 'T'", page_size=100
    )
    gone = [worker for page in found for worker in page["workers"]]
    assert 0 < len(gone) < 20, len(gone)

    try:
        sdk.call_rest_endpoint("/hr/v2/workers/{associateOID}", associateOID="G0000000000000000")
        raise SystemExit("an error was expected")
    except requests.HTTPError as error:
        assert error.response.status_code == 404, error.response.status_code
        assert "confirmMessage" in error.response.json(), error.response.text

if "/proxy/" not in BASE:
    # Straight at the vendor a call without the certificate is refused, whatever the secret.
    with client() as bare:
        bare.cert = None
        try:
            bare.call_endpoint("/hr/v2/workers", page_size=1, max_requests=1)
            raise SystemExit("a call without a certificate was answered")
        except requests.HTTPError as error:
            assert error.response.status_code == 401, error.response.status_code

print(f"ok: {len(ids)} workers")
