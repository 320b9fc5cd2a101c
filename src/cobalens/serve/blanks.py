"""Options that name a file, a folder or an address: an empty name is a slip of a script, and never nothing or everything."""

from __future__ import annotations

import click


def named(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The value, unless it is empty: it would be the folder in which one stands, every address of this computer, or no wish."""
    del ctx, param
    if value is not None and not value.strip():
        raise click.BadParameter("The name is empty; a variable of a script may not have been set.")
    return value
