"""Reads employees with PyBambooHR; only the base address and the key come from outside.

SDK_URL: such as https://localhost:7502 or https://localhost:7444/proxy/@account.
SDK_TOKEN: the vendor's API key, or one of ours.
REQUESTS_CA_BUNDLE: the development authority.
"""

import os

import requests
from PyBambooHR import PyBambooHR

client = PyBambooHR.PyBambooHR(subdomain="tributary", api_key=os.environ["SDK_TOKEN"])
client.base_url = os.environ["SDK_URL"] + "/api/v1/"

directory = client.get_employee_directory()
ids = [employee["id"] for employee in directory]
assert len(ids) == len(set(ids)) > 200, len(ids)

employee = client.get_employee(ids[3], ["firstName", "lastName", "jobTitle"])
assert employee["id"] == ids[3] and employee["firstName"] == directory[3]["firstName"], employee

try:
    client.get_employee("999999", ["firstName"])
    raise SystemExit("an error was expected")
except requests.HTTPError as error:
    assert error.response.status_code == 404, error.response.status_code
    assert error.response.headers.get("X-BambooHR-Error-Message"), error.response.headers

try:
    client.api_key = "wrong"
    client.get_employee_directory()
    raise SystemExit("an error was expected")
except requests.HTTPError as error:
    assert error.response.status_code == 401, error.response.status_code

print(f"ok: {len(ids)} employees")
