"""Faults put into a sound page one at a time: what a gate is worth is what it catches of these."""

import base64
import re
from collections.abc import Callable


def _once(pattern: str, replacement: str) -> Callable[[str], str]:
    return lambda html: re.sub(pattern, lambda _: replacement, html, count=1, flags=re.DOTALL)


def _everywhere(pattern: str, replacement: str) -> Callable[[str], str]:
    return lambda html: re.sub(pattern, lambda _: replacement, html, flags=re.DOTALL)


def _both(first: Callable[[str], str], second: Callable[[str], str]) -> Callable[[str], str]:
    return lambda html: second(first(html))


def _in_drawing(old: bytes, new: bytes) -> Callable[[str], str]:
    """Return a fault inside the first picture of a page."""

    def put(html: str) -> str:
        found = re.search(r"data:image/svg\+xml;base64,([^\"]+)", html)
        assert found is not None
        svg = base64.b64decode(found[1]).replace(old, new)
        return html.replace(found[1], base64.b64encode(svg).decode(), 1)

    return put


def _header_of_data_cells(html: str) -> str:
    head = re.search(r"<thead.*?</thead>", html, re.DOTALL)
    assert head is not None
    changed = re.sub(r"<th [^>]*>(.*?)</th>", r"<td>\1</td>", head[0])
    return html.replace(head[0], changed, 1)


_IMAGE = '<img src="https://example.org/a.png" alt="Line chart: the rate fell from 7 to 6 over three years.">'
_POLICY = r'<meta http-equiv="Content-Security-Policy"[^>]*>'

#: The seeded faults: eight that axe's WCAG rules see, three that its best practice sees, thirteen it does not.
FAULTS: dict[str, Callable[[str], str]] = {
    "alternative text removed": _once(r' alt="[^"]*"', ""),
    "low contrast": _once(r"</style>", ".outcomes p{color:#aaa}</style>"),
    "language removed": _once(r' lang="en-GB"', ""),
    "language invalid": _once(r'lang="en-GB"', 'lang="english"'),
    "sparkline without a label": _once(r'role="img" aria-label="[^"]*"', 'role="img"'),
    "empty title": _once(r"<title>.*?</title>", "<title></title>"),
    "empty link": _once(r'(?<=href="index.html">)[^<]*', ""),
    "zoom disabled": _once(r"initial-scale=1", "initial-scale=1, maximum-scale=1, user-scalable=no"),
    "heading level skipped": _once(r"<h3 id=(.*?)</h3>", '<h5 id="skipped">Skipped</h5>'),
    "broken skip link": _once(r'href="#main"', 'href="#man"'),
    "no main": _both(_once(r"<main [^>]*>", '<div id="main">'), _once(r"</main>", "</div>")),
    "placeholder alternative text": _once(r' alt="[^"]*"', ' alt="No description has been provided for this image"'),
    "useless alternative text": _once(r' alt="[^"]*"', ' alt="chart"'),
    "captions removed": _everywhere(r"<caption>.*?</caption>", ""),
    "scope removed": _everywhere(r' scope="(col|row)"', ""),
    "header row of data cells": _header_of_data_cells,
    "two first-level headings": _once(r"</main>", "<h1>Another</h1></main>"),
    "sparkline without role and label": _once(r' role="img" aria-label="[^"]*"', ""),
    "statuses by colour alone": _everywhere(r'(?<=<span class="tag tag-worse"><span>)[^<]*', ""),
    "scrolling region out of the keyboard's reach": _once(r' tabindex="0"', ""),
    "duplicate id": _once(r"</main>", '<p id="scorecard">Again</p></main>'),
    "picture from elsewhere": _once(r"</main>", f"{_IMAGE}</main>"),
    "picture from elsewhere, policy removed": _both(_once(_POLICY, ""), _once(r"</main>", f"{_IMAGE}</main>")),
    "links without underline": _once(r"</style>", "a{text-decoration:none}</style>"),
}
#: What only a browser can see.
BROWSER_ONLY = frozenset({"low contrast"})

#: Others, which a page must never carry.
MORE_FAULTS: dict[str, Callable[[str], str]] = {
    "script": _once(r"</main>", "<script>1</script></main>"),
    "frame": _once(r"</main>", '<iframe title="x" src="data:text/html,x"></iframe></main>'),
    "script in an attribute": _once(r"<h1>", '<h1 onclick="x()">'),
    "style sheet from elsewhere": _once(r"</head>", '<link rel="stylesheet" href="https://e.org/a.css"></head>'),
    "import in the style sheet": _once(r"</style>", '@import "//e.org/a.css";</style>'),
    "font from elsewhere": _once(r"</style>", "@font-face{src:url(https://e.org/a.woff)}</style>"),
    "picture set from elsewhere": _once(r"<img ", '<img srcset="//e.org/a.png 2x" '),
    "style of its own": _once(r"<h1>", '<h1 style="color:#ccc">'),
    "focus hidden": _once(r"</style>", "a:focus{outline:none}</style>"),
    "link that runs": _once(r'href="index.html"', 'href="javascript:alert(1)"'),
    "link to a file of a machine": _once(r'href="index.html"', 'href="file:///C:/a.html"'),
    "link from the root": _once(r'href="index.html"', 'href="/index.html"'),
    "useless link": _once(r'(?<=href="index.html">)[^<]*', "Click here"),
    "link to no place on the page": _once(r'href="#scorecard"', 'href="#scorcard"'),
    "label that points nowhere": _once(r"<h1>", '<h1 aria-labelledby="content">'),
    "home folder": _once(r"</main>", "<p>Read from /home/someone/data.csv</p></main>"),
    "Windows folder": _once(r"</main>", "<p>Read from C:\\Users\\someone\\data.csv</p></main>"),
    "network share": _once(r"</main>", r"<p>Read from \\server\share\data.csv</p></main>"),
    "home folder in an attribute": _once(r"<h1>", '<h1 title="/Users/someone/Desktop">'),
    "unknown folder": _once(r"</main>", "<p>In /nfs7/cdp/files/a.csv</p></main>"),
    "traceback": _once(r"</main>", "<pre>Traceback (most recent call last)</pre></main>"),
    "traceback of a notebook": _once(r"</main>", '<pre>File "a.py", line 3</pre></main>'),
    "warning": _once(r"</main>", "<pre>FutureWarning: this will change</pre></main>"),
    "terminal's colours": _once(r"</main>", "<pre>\x1b[31mred</pre></main>"),
    "missing number shown as such": _once(r"57\.9%", "nan"),
    "missing number in a sentence": _once(r"How to read", "nan% of people"),
    "missing object in a sentence": _once(r"How to read", "Down from None in 2023"),
    "missing whole number": _once(r"How to read", "Up by &lt;NA&gt; points"),
    "missing date": _once(r"How to read", "since NaT"),
    "endless number": _once(r"How to read", "a ratio of inf times"),
    "nought with a sign": _once(r"How to read", "a change of \u22120.0%"),
    "missing number read out": _once(r'role="img" aria-label="', 'role="img" aria-label="from nan to 4; '),
    "missing number in a sparkline": _once(r'(?<=<path class="line" d=")', "M nan 4"),
    "missing number written in a drawing": _in_drawing(b"</svg>", b"<text>nan%</text></svg>"),
    "missing number in the place of a drawing": _in_drawing(b"</svg>", b'<path d="M nan 4"/></svg>'),
    "empty cell": _once(r"<td[^>]*>.*?</td>", "<td></td>"),
    "empty header cell": _once(r'(<th scope="col"[^>]*>)[^<]*', '<th scope="col" role="columnheader">'),
    "row without its header": _once(r'<th scope="row" role="rowheader">', '<td role="cell">'),
    "row of another length": _once(r"<td[^>]*>.*?</td>", ""),
    "long alternative text": _once(r' alt="[^"]*"', f' alt="{"long " * 70}"'),
    "alternative text that repeats the title": _once(
        r' alt="[^"]*"', ' alt="People who complete treatment have become fewer since 2020, chart 1"'
    ),
    "alternative text that names a file": _once(r' alt="[^"]*"', ' alt="completions_of_treatment_by_year_2025.png"'),
    "alternative text that announces itself": _once(
        r' alt="[^"]*"', ' alt="Image of a chart that shows how the rate has changed over time"'
    ),
    "figure without caption": _once(r"<figcaption>.*?</figcaption>", ""),
    "figure without heading": _once(r"(?<=<figure>)<h3.*?</h3>", ""),
    "figure that goes on after its caption": _once(r"</figcaption>", "</figcaption><p>More</p>"),
    "details without words": _once(r"<summary>.*?</summary>", "<summary></summary>"),
    "region without name": _once(r' aria-label="Table: [^"]*"', ""),
    "regions that share a name": _everywhere(r'aria-label="Table: [^"]*"', 'aria-label="Table"'),
    "narrow drawing from elsewhere": _once(r'srcset="[^"]*"', 'srcset="https://e.org/a.svg"'),
    "order of the keyboard changed": _once(r'tabindex="0"', 'tabindex="3"'),
    "title that does not begin with the heading": _once(r"<title>.*?</title>", "<title>Report</title>"),
    "policy loosened": _once(r"default-src [^;]*", "default-src *"),
    "page that reloads": _once(r"</head>", '<meta http-equiv="refresh" content="5"></head>'),
    "empty heading": _once(r'(<h2 id="scorecard">)[^<]*', '<h2 id="scorecard">'),
    "no footer": _both(_once(r"<footer>", "<div>"), _once(r"</footer>", "</div>")),
    "hidden sparkline in an otherwise empty cell": _once(r'role="img" aria-label="[^"]*"', 'aria-hidden="true"'),
}
