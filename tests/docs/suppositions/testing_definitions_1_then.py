import asyncio
import os

import asyncpg


async def main():
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    await test_an_order_survives_every_death(connection)
    await connection.close()


asyncio.run(main())
