"""Whether the text in a protobuf message is text: for what is not UTF-8 the parser gives bytes."""

from __future__ import annotations

from google.protobuf.message import Message


def is_text(message: Message) -> bool:
    """Whether every field of the message and of those in it that should be text is."""
    waiting = [message]
    while waiting:
        for field, value in waiting.pop().ListFields():
            if field.type == field.TYPE_STRING:
                if any(isinstance(one, bytes) for one in (value if field.is_repeated else (value,))):
                    return False
            elif field.type == field.TYPE_MESSAGE:
                waiting.extend(value if field.is_repeated else (value,))
    return True
