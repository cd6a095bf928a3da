import logging
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from tests.key_vault.bao import Bao, running_bao

from key_vault.login import login_of
from key_vault.vault import Vault


@pytest.fixture(scope="session")
def bao() -> Iterator[Bao]:
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    with running_bao() as running:
        yield running


@pytest.fixture
async def vault(bao: Bao) -> AsyncIterator[Vault]:
    settings = bao.settings()
    logged_in = Vault(settings, login_of(settings))
    await logged_in.log_in()
    await logged_in.prepare()
    yield logged_in
    await logged_in.close()


@pytest.fixture
def tenant_id() -> str:
    return uuid4().hex
