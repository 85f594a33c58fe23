"""Samples that change when they are parsed again, and links and forms that run a script."""

from tests.hostile.sample import Sample

LINKS = (
    Sample(
        "mxss noscript title",
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
        '<p title="&lt;/noscript&gt;&lt;img src=x onerror=alert(1)&gt;"></p>',
    ),
    Sample("mxss svg style", '<svg></p><style><a id="</style><img src=x onerror=alert(1)>">', ""),
    Sample(
        "mxss math style",
        '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
        "",
        "",
    ),
    Sample(
        "mxss form form",
        '<form><math><mtext></form><form><mglyph><svg><mtext><style><path id="</style><img onerror=alert(1) src>">',
        "",
        "",
    ),
    Sample(
        "mxss textarea",
        '<textarea><p title="</textarea><img src=x onerror=alert(1)>">',
        '&lt;p title="🖼"&gt;',
    ),
    Sample("mxss title", '<title><p title="</title><img src=x onerror=alert(1)>">', '🖼"&gt;'),
    Sample(
        "mxss xmp", '<xmp><p title="</xmp><img src=x onerror=alert(1)>">', '&lt;p title="🖼"&gt;'
    ),
    Sample("mxss noembed", '<noembed><p title="</noembed><img src=x onerror=alert(1)>">', '🖼"&gt;'),
    Sample("mxss iframe", '<iframe><p title="</iframe><img src=x onerror=alert(1)>">', '🖼"&gt;'),
    Sample("mxss select", "<select><style></select><img src=x onerror=alert(1)></style>", "", ""),
    Sample(
        "mxss plaintext",
        '<svg><plaintext><style><img title="</style><img src=x onerror=alert(1)>">',
        "",
        "",
    ),
    Sample(
        "mxss annotation-xml",
        '<math><annotation-xml encoding="text/html"><style><img title="</style><img src=x onerror=alert(1)>">',
        "",
    ),
    Sample("mxss backquote", '<img alt="``onerror=alert(1)" src=x>', "``onerror=alert(1)", ""),
    Sample(
        "mxss listing",
        "<listing>&lt;img src=x onerror=alert(1)&gt;</listing>",
        "&lt;img src=x onerror=alert(1)&gt;",
        "",
    ),
    Sample(
        "mxss comment in svg",
        '<svg><p><!--</p><img title="--><img src=x onerror=alert(1)>">',
        "",
        "",
    ),
    Sample("mxss desc", '<svg><desc><style><img title="</style><img src=x onerror=alert(1)>">', ""),
    Sample(
        "mxss nested tables",
        '<table><caption><svg><title><table><caption></caption></table><style><a title="</style><img src=x onerror=alert(1)>">',
        "<table><caption></caption></table>",
        "",
    ),
    Sample(
        "link javascript",
        '<a href="javascript:alert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
    ),
    Sample(
        "link javascript in capitals",
        '<a href="JaVaScRiPt:alert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
    ),
    Sample(
        "link javascript with a tab",
        '<a href="jav\tascript:alert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
    ),
    Sample(
        "link javascript with an encoded tab",
        '<a href="jav&#x09;ascript:alert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
    ),
    Sample(
        "link javascript with a newline",
        '<a href="jav&NewLine;ascript&colon;alert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
    ),
    Sample(
        "link javascript after controls",
        '<a href=" &#14;  javascript:alert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
    ),
    Sample(
        "link javascript by entities",
        '<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
    ),
    Sample(
        "link javascript by entities without semicolons",
        '<a href="&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
    ),
    Sample(
        "link javascript with a comment",
        '<a href="javascript://%0aalert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
    ),
    Sample(
        "link javascript with NUL",
        '<a href="java\x00script:alert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "link javascript percent-encoded",
        '<a href="javascript%3Aalert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "link javascript feed",
        '<a href="feed:javascript:alert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "link view-source",
        '<a href="view-source:javascript:alert(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "link vbscript",
        '<a href="vbscript:msgbox(1)">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "link data",
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "link data base64",
        '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "link blob",
        '<a href="blob:null/x">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "link file",
        '<a href="file:///etc/passwd">x</a><a href="\\\\canary.example\\share">y</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a><a target="_blank" rel="noopener noreferrer">y</a>',
        "",
    ),
    Sample(
        "link about",
        '<a href="about:blank#x">x</a><a href="intent://x#Intent;end">y</a><a href="ms-msdt:/id">z</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a><a target="_blank" rel="noopener noreferrer">y</a><a target="_blank" rel="noopener noreferrer">z</a>',
        "",
    ),
    Sample("area", '<map name=m><area shape=default href="javascript:alert(1)"></map>', ""),
    Sample(
        "link xlink",
        '<svg><a xlink:href="javascript:alert(1)"><text x=9 y=9>x</text></a></svg>',
        "",
    ),
    Sample(
        "base javascript",
        '<base href="javascript:/a/"><a href="alert(1)//">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample("form action", '<form action="javascript:alert(1)"><input type=submit></form>', ""),
    Sample(
        "button formaction", '<form><button formaction="javascript:alert(1)">x</button></form>', "x"
    ),
    Sample("keygen", "<keygen autofocus onfocus=alert(1)>", "", ""),
    Sample(
        "accesskey",
        "<a accesskey=x onclick=alert(1)>x</a>",
        '<a target="_blank" rel="noopener noreferrer">x</a>',
    ),
    Sample(
        "popover",
        "<button popovertarget=x>x</button><p popover id=x onbeforetoggle=alert(1)>y</p>",
        "x<p>y</p>",
    ),
    Sample("dialog", "<dialog open onclick=alert(1)>x</dialog>", "x"),
    Sample(
        "title attribute with markup",
        '<p title="&quot;><script>alert(1)</script>">x</p>',
        '<p title="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">x</p>',
        "",
    ),
    Sample(
        "very long handler",
        "<p " + "x" * 9000 + ' onclick="' + " " * 9000 + 'alert(1)">x</p>',
        "<p>x</p>",
    ),
    Sample(
        "many attributes before a handler",
        "<p " + " ".join(f"a{number}" for number in range(2000)) + " onclick=alert(1)>x</p>",
        "<p>x</p>",
    ),
    Sample(
        "deep before a script",
        "<b>" * 300 + "<script>alert(1)</script>",
        "<b><b><b><b><b><b><b><b><b><b></b></b></b></b></b></b></b></b></b></b>",
    ),
)
