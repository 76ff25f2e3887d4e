"""The built explorer, where there is one."""

import re

import pytest

from graph.http.explorer import DIRECTORY
from tests.support.client import Api

BROWSER = {"Accept": "text/html,*/*;q=0.8"}

needs_explorer = pytest.mark.skipif(
    not (DIRECTORY / "index.html").is_file(), reason="the explorer is not built: no Node.js"
)


async def explorer_files(api: Api) -> list[str]:
    """The scripts and styles that the page names; none where the explorer is not built."""
    page = await api.http.get("/graphql", headers=BROWSER)
    return re.findall(r'(?:src|href)="(/explorer/assets/[^"]+[.](?:js|css))"', page.text)
