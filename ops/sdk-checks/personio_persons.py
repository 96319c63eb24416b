"""Reads persons and employments with personio-client; only the base address and the client come from outside.

SDK_URL: such as https://localhost:7505 or https://localhost:7444/proxy/@account.
SDK_CLIENT_ID, SDK_CLIENT_SECRET: the vendor's client, or anything and an API key of ours.
SSL_CERT_FILE: the development authority.
"""

import asyncio
import os

from personio_client import PersonioAPIError, PersonioClient

URL, CLIENT, SECRET = (os.environ[name] for name in ("SDK_URL", "SDK_CLIENT_ID", "SDK_CLIENT_SECRET"))


async def main():
    async with PersonioClient(client_id=CLIENT, client_secret=SECRET, base_url=URL) as client:
        persons = [person async for person in client.iter_persons()]
        ids = [person.id for person in persons]
        assert len(ids) == len(set(ids)) > 200, len(ids)

        page = await client.get_persons(limit=7)
        assert len(page.data) == 7 and page.next_cursor, page

        person = await client.get_person(ids[4])
        assert person.id == ids[4] and person.email == persons[4].email

        employments = [employment async for employment in client.iter_employments(ids[4])]
        assert employments and employments[0].person.id == ids[4], employments

        try:
            await client.get_person("999999")
            raise SystemExit("an error was expected")
        except PersonioAPIError as error:
            assert error.status_code == 404, error.status_code
    return len(ids)


print(f"ok: {asyncio.run(main())} persons")
