"""What Trackio does with a server or a Space: here runs stay on this machine."""

from __future__ import annotations

from typing import Any

from runicorn.compat.trackio import naming, notices
from runicorn.notices import warn_once

_ADDRESS = "http://127.0.0.1:23300"


def show(
    project: str | None = None,
    *,
    dashboard: str | None = None,
    theme: Any = None,
    mcp_server: bool | None = None,
    footer: bool = True,
    color_palette: Any = None,
    open_browser: bool = True,
    block_thread: bool | None = None,
    host: str | None = None,
    share: bool | None = None,
    server_port: int | None = None,
    frontend_dir: Any = None,
) -> tuple[None, str, None, str]:
    """Prints where the viewer shows the runs, and gives (None, address, None, address).

    It starts nothing, and blocks nothing; all arguments but `project` have no effect.
    """
    notices.without_effect(
        "show",
        dashboard=(dashboard, None),
        theme=(theme, None),
        mcp_server=(mcp_server, None),
        footer=(footer, True),
        color_palette=(color_palette, None),
        open_browser=(open_browser, True),
        block_thread=(block_thread, None),
        host=(host, None),
        share=(share, None),
        server_port=(server_port, None),
        frontend_dir=(frontend_dir, None),
    )
    named = "" if project is None else f", those of {project!r} under the path {naming.path(project)}"
    print(f"The viewer shows runs at {_ADDRESS}{named}.")
    return None, _ADDRESS, None, _ADDRESS


def sync(
    project: str,
    space_id: str | None = None,
    private: bool | None = None,
    force: bool = False,
    run_in_background: bool = False,
    sdk: str = "gradio",
    dataset_id: str | None = None,
    bucket_id: str | None = None,
    frontend_dir: Any = None,
) -> str | None:
    """Sends nothing, which one notice says; gives `space_id`."""
    _nothing_sent("sync")
    return space_id


def freeze(
    space_id: str,
    project: str,
    new_space_id: str | None = None,
    private: bool | None = None,
    bucket_id: str | None = None,
    frontend_dir: Any = None,
) -> str:
    """Sends nothing, which one notice says; gives `new_space_id`, else `space_id`."""
    _nothing_sent("freeze")
    return new_space_id or space_id


def delete_project(project: str, force: bool = False) -> bool:
    """Not built yet. Raises NotImplementedError, and deletes nothing."""
    raise NotImplementedError(
        f"Runs cannot be deleted yet; nothing of {project!r} was. When none of its runs is running, "
        f"remove the folder runs/{naming.path(project)} of the storage root."
    )


def _nothing_sent(call: str) -> None:
    warn_once(("trackio", call), f"trackio.{call}() does nothing: runs are kept on this machine.")
