"""Reads workers with zeep over a WSDL; only the address and the user come from outside.

SDK_URL: such as https://localhost:7504 or https://localhost:7444/proxy/@account.
SDK_USER, SDK_PASSWORD: the WS-Security user; through the proxy any name, and an API key of ours as the password.
SDK_DIGEST: "1" to show a digest instead of the password.
SDK_CA_FILE: the development authority.
"""

import os
import pathlib

import requests
import zeep
from zeep.transports import Transport
from zeep.wsse.username import UsernameToken

VERSION = "v45.2"

session = requests.Session()
# A bundle named by the environment would win over ours.
session.trust_env = False
session.verify = os.environ["SDK_CA_FILE"]
token = UsernameToken(
    os.environ["SDK_USER"], os.environ["SDK_PASSWORD"], use_digest=os.environ.get("SDK_DIGEST") == "1"
)
client = zeep.Client(
    str(pathlib.Path(__file__).with_name("workday.wsdl")), transport=Transport(session=session), wsse=token,
    settings=zeep.Settings(strict=True, xml_huge_tree=True),
)
service = client.create_service(
    "{urn:com.workday/bsvc/Human_Resources}Human_ResourcesBinding",
    f"{os.environ['SDK_URL']}/ccx/service/tributary/Human_Resources/{VERSION}",
)


def wid(reference):
    return next(item["_value_1"] for item in reference["ID"] if item["type"] == "WID")


ids, page, as_of = [], 1, None
while True:
    answer = service.Get_Workers(
        version=VERSION,
        Response_Filter={"As_Of_Entry_DateTime": as_of, "Page": page, "Count": 90},
        Response_Group={"Include_Reference": True, "Include_Personal_Information": True, "Include_Employment_Information": True},
    )
    results = answer["Response_Results"]
    assert results["Page"] == page and results["Page_Results"] == len(answer["Response_Data"]["Worker"]), results
    ids += [wid(worker["Worker_Reference"]) for worker in answer["Response_Data"]["Worker"]]
    as_of = answer["Response_Filter"]["As_Of_Entry_DateTime"]
    if page >= results["Total_Pages"]:
        break
    page += 1
assert page > 1 and len(ids) == len(set(ids)) == results["Total_Results"] > 200, (page, len(ids))

one = service.Get_Workers(
    version=VERSION, Request_References={"Worker_Reference": [{"ID": [{"type": "WID", "_value_1": ids[5]}]}]}
)["Response_Data"]["Worker"]
assert [wid(worker["Worker_Reference"]) for worker in one] == [ids[5]]
assert one[0]["Worker_Data"]["Personal_Data"]["Name_Data"]["Legal_Name_Data"]["Name_Detail_Data"]["Last_Name"]

for request, words in (
    ({"Response_Filter": {"Page": 0}}, "Page Number cannot be zero"),
    ({"Request_References": {"Worker_Reference": [{"ID": [{"type": "WID", "_value_1": "none"}]}]}}, "not a valid ID value"),
):
    try:
        service.Get_Workers(version=VERSION, **request)
        raise SystemExit("an error was expected")
    except zeep.exceptions.Fault as fault:
        assert fault.code.endswith("Client.validationError") and words in fault.message, (fault.code, fault.message)

print(f"ok: {len(ids)} workers")
