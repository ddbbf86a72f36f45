"""Words of the protocols that are spoken here, and what is known to have hurt others."""

from __future__ import annotations

from typing import Final

from tests.fuzz.target import MARK

TRACE: Final = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

HEADERS: Final[dict[bytes, list[bytes]]] = {
    b"Idempotency-Key": [b"k", b'"k"', b"their-key", b'"a";b=1', b"a,b", b"k" * 256, b"", MARK.encode(),
                         b"019a8f6e-2f6b-7c1a-9d3e-5b0f4a7c2e11", b"'; drop table operations; --"],
    b"Prefer": [b"wait=0", b"wait=1", b"return=minimal", b"respond-async", b'wait="1"; x', b"wait=-1", b"=;,=;,",
                b"wait=00000000000000000001", b"a;" + b" " * 2000 + b"!", b'"' * 500],
    b"If-Match": [b"*", b'"1"', b'"1-full"', b'W/"1"', b'"1", "2"', b'"', b'"' * 999, b"," * 999, b'"a, "1"'],
    b"If-None-Match": [b"*", b'"1"', b'W/"1"', b'"1-full", W/"2"', b"W/", b'W/"' * 300],
    b"Last-Event-ID": [b"0", b"1", b"-1", b"9" * 30, b"1.0", b" 1", b"\xd9\xa1", MARK.encode()],
    b"traceparent": [TRACE, TRACE.upper(), b"cc" + TRACE[2:] + b"-\xe9\t", b"ff" + TRACE[2:], TRACE * 9],
    b"Content-Type": [b"application/json", b"application/json; charset=utf-16", b"text/plain", b"application/json;",
                      b"multipart/form-data; boundary=x", b"application/x-www-form-urlencoded", b";", b"\xff"],
    b"Authorization": [b"Bearer @KEY@", b"bearer  @KEY@", b"Bearer @KEY@x", b"Basic @KEY@", b"Bearer", b"Bearer \xff",
                       b"Bearer " + MARK.encode(), b"Bearer eyJhbGciOiJub25lIn0.eyJ0ZW5hbnQiOiJ2aWN0aW0ifQ.",
                       b"Bearer @KEY@, Bearer @KEY@"],
    b"Operations-Tenant": [b"victim", b"@THEIR-TENANT@", b"attacker", b"", b"victim\t", b"*"],
    b"Idempotency-Retry": [b"?1", b"?0", b"1", b"?1;a=b", b"?"],
    b"Host": [b"localhost", b"evil.example", b"a b", b"x\xff", b"[::1]:1", b"evil.example/\"><script>", b"a:99999999"],
    b"Expect": [b"100-continue", b"200-ok"],
    b"Upgrade": [b"websocket", b"h2c"],
    b"Connection": [b"close", b"keep-alive", b"upgrade", b"close, Idempotency-Key"],
    b"Accept": [b"*/*", b"text/html", b"application/json;q=9"],
    b"Accept-Encoding": [b"gzip, br, zstd", b"identity;q=0"],
    b"X-Forwarded-For": [b"127.0.0.1", b"' or 1=1 --"],
    b"X-HTTP-Method-Override": [b"DELETE"],
    b"Forwarded": [b"for=127.0.0.1;host=evil.example;proto=https"],
    b"Range": [b"bytes=0-0", b"bytes=" + b"0-," * 500],
    b"Cookie": [b"session=@KEY@", b";" * 900],
    b"X-Request-Id": [b"mine", MARK.encode()],
}  # fmt: skip

NASTY: Final = [
    b"\x00", b"\r", b"\n", b"\r\n", b"\x1b[2J", b"\x7f", b"\x80", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80",
    b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"%00", b"%0d%0aInjected:%201", b"\r\nInjected: 1\r\n", b"%", b"%zz", b"%u0041",
    b"..", b"../",
    b"%2e%2e%2f", b"%252e", b"\\", b"'", b'"', b"';", b"--", b"{}", b"{0}", b"%s", b"%n", b"${jndi:ldap://x}",
    b"\t", b" ", b",", b";", b"=", b":", b"/", b"?", b"#", b"&", b"*", b"-1", b"9" * 400, b"1e999", b"NaN", b"a" * 9000,
    b"@MARK@",
    b"\n2026-01-01T00:00:00Z [info     ] forged",
]  # fmt: skip

METHODS: Final = [b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"]
ODD_METHODS: Final = [b"TRACE", b"CONNECT", b"PRI", b"get", b"BREW", b"PROPFIND", b"QUERY", b"M-SEARCH", b"", b"G\x00T"]

ROUTES: Final = [
    (b"POST", b"/operations/note"), (b"POST", b"/operations/memo"), (b"PUT", b"/operations/note/@ID@"),
    (b"PUT", b"/operations/memo/0f8fad5b-d9cb-469f-a165-70867728950e"), (b"PUT", b"/operations/note/@THEIRS@"),
    (b"GET", b"/operations"), (b"GET", b"/operations/@ID@"), (b"GET", b"/operations/note/@ID@"),
    (b"GET", b"/operations/memo/@ID@"), (b"GET", b"/operations/@THEIRS@"), (b"GET", b"/operations/note/@THEIRS@"),
    (b"GET", b"/operations/@ID@/events"), (b"GET", b"/operations/@THEIRS@/events"), (b"PATCH", b"/operations/@ID@"),
    (b"PATCH", b"/operations/@THEIRS@"), (b"DELETE", b"/operations/@ID@"), (b"DELETE", b"/operations/@THEIRS@"),
    (b"POST", b"/operations/@ID@/cancel"), (b"POST", b"/operations/@THEIRS@/cancel"),
    (b"POST", b"/operations/@ID@/retry"), (b"POST", b"/operations/@ID@/resolve"),
    (b"POST", b"/operations/@ID@/compensate"), (b"POST", b"/operations/@ID@/force-close"),
    (b"POST", b"/operations/@THEIRS@/force-close"), (b"POST", b"/operations/no-such-type"), (b"GET", b"/definitions"),
    (b"GET", b"/service-info"), (b"GET", b"/openapi.json"), (b"GET", b"/docs"), (b"GET", b"/docs/x"),
    (b"GET", b"/problems/operation-not-found"), (b"GET", b"/problems/x"), (b"GET", b"/health/ready"), (b"GET", b"/"),
    (b"HEAD", b"/operations/@ID@"), (b"HEAD", b"/operations"), (b"OPTIONS", b"/operations/@ID@"), (b"OPTIONS", b"*"),
    (b"GET", b"/metrics"), (b"GET", b"/no/such/path"),
]  # fmt: skip

QUERIES: Final[dict[bytes, list[bytes]]] = {
    b"view": [b"full", b"basic", b"FULL"],
    b"page_size": [b"0", b"1", b"200", b"-1", b"9" * 50, b"\xd9\xa1", b"1e3"],
    b"page_token": [b"@TOKEN@", b"@THEIR-TOKEN@", b"@TOKEN@x", b"A" * 43, b"_" * 43, b"/w==", b"=", b"A" * 9000],
    b"status": [b"pending", b"pending,running", b",", b"x", b"pending," * 500],
    b"type": [b"note", b"' or '1'='1", b"no-such-type"],
    b"label": [b"text:x", b":", b"text", b"a:b:c", b"text:" + b"x" * 5000],
    b"idempotency_key": [b"their-key", b"k", b"%00", b"'", b"\xff"],
    b"group": [b"g", b""],
    b"created_after": [b"2026-01-01T00:00:00Z", b"0001-01-01T00:00:00%2B23:59", b"9999-12-31T23:59:59-23:59", b"0",
                       b"infinity", b"2026-02-30T00:00:00Z", b"2026-01-01T00:00:00.9999999999Z"],
    b"created_before": [b"9999-12-31T23:59:59.999999Z", b"2026-01-01", b"now()"],
    b"validate_only": [b"true", b"false", b"1"],
}  # fmt: skip

JSON_HAZARDS: Final = [
    b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"\\ud83d\\ude00"', b'"\x00"', b'"\xff"', b'"\xed\xa0\x80"',
    b'"\t"', b"9007199254740991", b"9007199254740993", b"-9223372036854775809", b"1" + b"0" * 400, b"1" + b"0" * 5000,
    b"1e308",
    b"1e999", b"-0", b"-0.0", b"1E+2", b"0.1e-400", b"5e-324", b"NaN", b"Infinity", b"01", b"1.", b"+1", b"0x10",
    b"[" * 64 + b"]" * 64, b"[" * 65 + b"]" * 65, b"[" * 5000, b'{"a":' * 63 + b"1" + b"}" * 63, b'{"a":1,"a":2}',
    b'{"a":1,"\\u0061":2}', b'{"":{"":{}}}', b'{"__proto__":{"a":1},"constructor":null}', b"[" + b"1," * 3000 + b"1]",
    b"{" + b",".join(b'"%d":1' % number for number in range(2000)) + b"}", b'"' + b"x" * 20000 + b'"', b'"@MARK@"',
    b'{"$ref":"#"}', b"null", b"true", b"{}", b"[]", b'""', b"0", b"1.0",
]  # fmt: skip

MEMBERS: Final = [b"input", b"labels", b"deadline", b"not_before", b"group", b"text", b"count", b"ratio", b"lines",
                  b"by_name", b"anything", b"sku", b"quantity", b"step", b"as", b"evidence"]  # fmt: skip

GOOD_BODIES: Final = [
    b'{"input":{"text":"a","count":1,"ratio":1.5,"lines":[{"sku":"s"}],"by_name":{"n":{"sku":"t"}},"anything":[1,{}]}}',
    b'{"input":{},"labels":{"channel":"web"},"deadline":"2999-01-01T00:00:00Z","not_before":"2998-01-01T00:00:00Z"}',
    b'{"labels":{"a":"b"}}',
    b'{"step":"write","as":"committed","evidence":{"seen":"@MARK@"}}',
    b'{"evidence":"because"}',
]
