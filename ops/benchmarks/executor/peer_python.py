"""What a team would write with FastAPI instead: as peer_node.js, with httpx and orjson.

Environment: UPSTREAM, ENGINE=jsonata|hand, MAPPING (file)."""

import os
import re
import uuid

import httpx
import orjson
from fastapi import FastAPI, Request, Response

UPSTREAM = os.environ["UPSTREAM"]
KEYS = {"Bearer key_1": {"tenant": "t_1"}}
ACCOUNTS = {"acc_1": {"tenant": "t_1", "token": "tok_" + "x" * 40}}
STATUS = {"NEW": "open", "OPEN": "open", "IN_PROGRESS": "working"}

app = FastAPI()
client = httpx.AsyncClient(limits=httpx.Limits(max_connections=256, max_keepalive_connections=256), timeout=30)


def contact(record):
    source = record["properties"]
    emails = [{"email": source["email"], "type": "work", "is_primary": True}] if source.get("email") else []
    if source.get("hs_additional_emails"):
        emails += [
            {"email": email, "type": "other", "is_primary": False} for email in source["hs_additional_emails"].split(";")
        ]
    phones = [
        {"number": source[key], "type": kind} for key, kind in (("phone", "work"), ("mobilephone", "mobile")) if source.get(key)
    ]
    company = next(
        (each for each in record["associations"]["companies"]["results"] if each["type"] == "contact_to_company"), None
    )
    result = {
        "id": record["id"], "first_name": source["firstname"], "last_name": source["lastname"],
        "name": source["firstname"] + " " + source["lastname"], "title": source["jobtitle"],
        "email_addresses": emails, "phone_numbers": phones,
        "addresses": [
            {
                "street_1": source["address"], "city": source["city"], "state": source["state"],
                "postal_code": source["zip"], "country": source["country"],
            }
        ],
        "account": {"id": company["id"], "name": source["company"]} if company else None,
        "owner": {"id": source["hubspot_owner_id"]},
    }
    if source.get("hs_lead_status") in STATUS:
        result["status"] = STATUS[source["hs_lead_status"]]
    if source.get("annualrevenue"):
        result["annual_revenue"] = int(source["annualrevenue"])
    result.update(
        opted_out=source["hs_email_optout"] == "true", urls=[{"url": source["website"], "type": "website"}],
        custom_fields={key: value for key, value in source.items() if "__c" in key},
        created_at=record["createdAt"], updated_at=record["updatedAt"],
    )
    return result


if os.environ.get("ENGINE") == "jsonata":
    from jsonata import Jsonata

    text = re.sub(r"^response\b", "results", open(os.environ["MAPPING"]).read())
    expression = Jsonata.jsonata('{"result": [' + text + "]}")

    def map_page(page):
        return expression.evaluate(page)["result"]
else:

    def map_page(page):
        return [contact(record) for record in page["results"]]


async def fetch(path, request, account_id):
    key = KEYS.get(request.headers.get("authorization"))
    if key is None:
        return None, Response('{"error":"no such key"}', status_code=401)
    account = ACCOUNTS.get(account_id)
    if account is None or account["tenant"] != key["tenant"]:
        return None, Response('{"error":"no such account"}', status_code=404)
    headers = {"authorization": "Bearer " + account["token"], "accept": "application/json"}
    return await client.get(UPSTREAM + path, headers=headers), None


def answer(value, request_id):
    return Response(orjson.dumps(value), media_type="application/json", headers={"x-request-id": request_id})


@app.get("/proxy/{path:path}")
async def proxy(request: Request, path: str, integrated_account_id: str):
    got, refusal = await fetch("/" + path, request, integrated_account_id)
    return refusal or Response(got.content, status_code=got.status_code, media_type="application/json")


@app.get("/unified/crm/contacts")
async def listing(request: Request, integrated_account_id: str, limit: int = 50, ignore_remote_data: bool = True):
    got, refusal = await fetch(f"/contacts.json?limit={limit}", request, integrated_account_id)
    if refusal:
        return refusal
    page = orjson.loads(got.content)
    result = map_page(page)
    request_id = str(uuid.uuid4())
    return answer(
        {
            "result": result, "next_cursor": page["paging"]["next"]["after"], "prev_cursor": None,
            "result_count": len(result), "total_count": None, "is_partial_response": False,
            "meta": {"request_id": request_id},
        },
        request_id,
    )


@app.get("/unified/crm/contacts/{id}")
async def one(request: Request, id: str, integrated_account_id: str, ignore_remote_data: bool = True):
    got, refusal = await fetch(f"/contacts/{id}.json", request, integrated_account_id)
    if refusal:
        return refusal
    return answer(map_page({"results": [orjson.loads(got.content)]})[0], str(uuid.uuid4()))
