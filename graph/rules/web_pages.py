"""The addresses of pages of the front end that the team uses."""


def task_page(web_url: str, slug: str, key: str) -> str:
    """Return the address of a task's page: a path, unless `web_url` names the front end."""
    return f"{web_url}/{slug}/{key}"


def member_page(web_url: str, slug: str, handle: str) -> str:
    """Return the address of a member's page, as `task_page` does."""
    return f"{web_url}/{slug}/members/{handle}"
