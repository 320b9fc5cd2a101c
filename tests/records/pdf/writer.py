"""A small writer of PDF files: words at places on pages, with or without a text layer. It knows nothing of the reader."""

from __future__ import annotations

import zlib

Word = tuple[float, float, str]
"""x from the left, y from the top, in points; the words."""
HEIGHT = 842


def pdf(pages: list[list[Word]], size: int = 10, packed: bool = True, font: str = "Courier") -> bytes:
    """A document in one of the standard fonts."""
    objects: list[bytes] = [
        b"",
        b"",
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>".encode(),
    ]
    kids = []
    for page in pages:
        lines = "".join(
            f"BT /F1 {size} Tf 1 0 0 1 {x:.1f} {HEIGHT - y:.1f} Tm ({escaped(text)}) Tj ET\n"
            for x, y, text in page
        )
        stream = lines.encode("cp1252")
        body = zlib.compress(stream) if packed else stream
        extra = b" /Filter /FlateDecode" if packed else b""
        objects.append(b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(body), extra, body))
        content = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
            % content
        )
        kids.append(len(objects))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (
        len(kids),
        b" ".join(b"%d 0 R" % kid for kid in kids),
    )
    return assembled(objects)


def assembled(objects: list[bytes]) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, start)
    )


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def columns(lines: list[list[tuple[float, str]]], top: float = 60, step: float = 16) -> list[Word]:
    """Lines of words at given places from the left, one below another."""
    return [(x, top + step * at, text) for at, line in enumerate(lines) for x, text in line]
