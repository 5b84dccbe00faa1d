"""Leave a field out of an encoded item."""

import orjson


def without(body: bytes, path: str) -> bytes | None:
    """Encode an item anew without one field.

    :param path: keys joined by dots: ``user_data.fbc``.
    :returns: None when the item has no such field, or nothing would be left of the object around it.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    *parents, key = path.split(".")
    holder = data
    for parent in parents:
        holder = holder.get(parent) if isinstance(holder, dict) else None
    if not isinstance(holder, dict) or key not in holder or len(holder) == 1:
        return None
    del holder[key]
    return orjson.dumps(data)
