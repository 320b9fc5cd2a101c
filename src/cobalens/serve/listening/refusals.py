"""What the listener refuses, as named constructors, each with its number in HL7 table 0357. None holds anything that was sent."""

from __future__ import annotations

from cobalens.errors import CobalensError

SEQUENCE, MISSING, LONG, TYPE, EVENT, PROCESSING, VERSION, INTERNAL = 100, 101, 104, 200, 201, 202, 203, 207
CONDITIONS = {
    SEQUENCE: "Segment sequence error",
    MISSING: "Required field missing",
    LONG: "Value too long",
    TYPE: "Unsupported message type",
    EVENT: "Unsupported event code",
    PROCESSING: "Unsupported processing id",
    VERSION: "Unsupported version id",
    INTERNAL: "Application internal error",
}
"""HL7 table 0357, as far as it is used."""
REJECTED = {
    "no_header": SEQUENCE,
    "several_messages": SEQUENCE,
    "continued": INTERNAL,
    "message_type_missing": MISSING,
    "message_type_not_read": TYPE,
    "event_not_read": EVENT,
    "version_not_read": VERSION,
    "processing_not_known": PROCESSING,
    "message_too_large": INTERNAL,
    "message_not_finished": INTERNAL,
    "not_kept": INTERNAL,
    "not_handed_on": INTERNAL,
    "stopping": INTERNAL,
}
"""Refusals for what the header says, or for what has nothing to do with the message: AR. Others are AE."""
ERRORS = {"control_id_missing": MISSING, "control_id_too_long": LONG}


def condition(error: CobalensError) -> int:
    return REJECTED.get(error.code) or ERRORS.get(error.code, INTERNAL)


def is_rejected(error: CobalensError) -> bool:
    return error.code in REJECTED


# --- The header and the frame -----------------------------------------------------------------------------------------


def no_header() -> CobalensError:
    return CobalensError(
        "no_header",
        "MSH",
        "The frame does not begin with the header of a message (MSH).",
        "Something else than HL7 v2 may have been sent, or HL7 v2 in XML.",
        "Send HL7 v2 in its encoding with delimiters, one message a frame.",
    )


def several_messages() -> CobalensError:
    return CobalensError(
        "several_messages",
        "MSH",
        "The frame holds several messages, or a batch of them.",
        "Each message is acknowledged by its own control id.",
        "Send each message in a frame of its own; a file of many is read by `cobalens interpret`.",
    )


def continued() -> CobalensError:
    return CobalensError(
        "continued",
        "MSH-14",
        "The message is a part of one that was sent in several.",
        "A comment on a part would be one on a patient whose other results are missing.",
        "Send it whole: at most 20 MB are read.",
    )


def message_type_missing() -> CobalensError:
    return CobalensError(
        "message_type_missing",
        "MSH-9",
        "The message does not say of which type it is.",
        "",
        "Fill in MSH-9: ORU^R01^ORU_R01.",
    )


def message_type_not_read() -> CobalensError:
    return CobalensError(
        "message_type_not_read",
        "MSH-9",
        "Messages of this type are not read here.",
        "Only unsolicited results (ORU^R01) are.",
        "Let the sender route ORU^R01 alone to this address; diagnoses and drugs may stand in the same message.",
    )


def event_not_read() -> CobalensError:
    return CobalensError(
        "event_not_read",
        "MSH-9",
        "Messages for this event are not read here.",
        "Of the results, only unsolicited ones (ORU^R01) are.",
        "Let the sender route ORU^R01 alone to this address.",
    )


def version_not_read() -> CobalensError:
    return CobalensError(
        "version_not_read",
        "MSH-12",
        "Messages of this version are not read here.",
        "Versions 2.1 to 2.9 are.",
        "Send a version that begins with 2, such as 2.5.1.",
    )


def processing_not_known() -> CobalensError:
    return CobalensError(
        "processing_not_known",
        "MSH-11",
        "The message does not say in a known way whether it is meant for production.",
        "P, D and T are known: production, debugging, training.",
        "Fill in MSH-11 with one of them.",
    )


def control_id_missing() -> CobalensError:
    return CobalensError(
        "control_id_missing",
        "MSH-10",
        "The message has no control id.",
        "Without it no answer can be brought together with its message, and no repeat is known as one.",
        "Fill in MSH-10 with another id for each message.",
    )


def control_id_too_long(limit: int) -> CobalensError:
    return CobalensError(
        "control_id_too_long",
        "MSH-10",
        f"The control id has more than {limit} characters.",
        "HL7 2.5.1 allows 20, later versions 199.",
        "Use a shorter one.",
    )


def message_too_large(limit: int) -> CobalensError:
    return CobalensError(
        "message_too_large",
        "",
        f"The message is too large; at most {limit:,} bytes are read.",
        "A scanned document may be embedded in it.",
        "Send the results without it.",
    )


def message_not_finished(seconds: int) -> CobalensError:
    return CobalensError(
        "message_not_finished",
        "",
        f"The message did not come to its end within {seconds} seconds.",
        "The bytes that end a frame, 0x1C 0x0D, may be missing, or the line broke off.",
        "End the frame with both bytes, and send the message again.",
    )


# --- What becomes of it ----------------------------------------------------------------------------------------------


def not_kept() -> CobalensError:
    return CobalensError(
        "not_kept",
        "",
        "The comment could not be written to the folder of the listener.",
        "Its disk may be full.",
        "Send the message again later; whoever runs the listener has to look at the folder.",
    )


def not_handed_on() -> CobalensError:
    return CobalensError(
        "not_handed_on",
        "",
        "The system to which comments are handed on cannot be reached, or takes nothing at present.",
        "It may be down.",
        "Send the message again later.",
    )


def refused_further_on() -> CobalensError:
    return CobalensError(
        "refused_further_on",
        "",
        "The system to which comments are handed on refused this one.",
        "It may not know the patient or the order.",
        "Look at what that system says of it.",
    )


def stopping() -> CobalensError:
    return CobalensError(
        "stopping",
        "",
        "The listener is being stopped.",
        "",
        "Send the message again when it runs.",
    )


def broken() -> CobalensError:
    return CobalensError(
        "internal_error",
        "",
        "The program has a fault, and this message met it.",
        "Nothing was kept or handed on.",
        "Tell whoever runs the listener; the place of the fault stands in its output.",
    )


# --- The command ------------------------------------------------------------------------------------------------------


def cannot_listen(where: str) -> CobalensError:
    return CobalensError(
        "cannot_listen",
        where,
        "It is not possible to listen there.",
        "Another program may listen on this port, or this computer has no such address.",
        "Give another --port or --host.",
    )


def no_such_address() -> CobalensError:
    return CobalensError(
        "no_such_address",
        "--send-to",
        "That is no address to send to.",
        "An address has a host and a port.",
        "Give HOST:PORT, for example --send-to 127.0.0.1:6661.",
    )


def sends_to_itself() -> CobalensError:
    return CobalensError(
        "sends_to_itself",
        "--send-to",
        "The listener would send to itself.",
        "",
        "Give the address of the system that takes the comments.",
    )


def folder_of_others(where: str) -> CobalensError:
    return CobalensError(
        "folder_of_others",
        where,
        "The folder is not empty, and no listener has written to it.",
        "It may be used for something else.",
        "Give a new or empty folder, or that of an earlier listener.",
    )


def folder_in_use(where: str) -> CobalensError:
    return CobalensError(
        "folder_in_use",
        where,
        "Another listener is writing to this folder.",
        "It may still be running.",
        "Stop it, or give another folder.",
    )


def map_broken(where: str, line: int) -> CobalensError:
    return CobalensError(
        "map_broken",
        where,
        f"Line {line} of the folder's map cannot be read, so that it is not known what was sent.",
        "It may have been changed by hand.",
        "Mend the line, or give a new folder.",
    )
