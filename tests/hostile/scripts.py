"""Samples that run a script."""

from tests.hostile.sample import Sample

SCRIPTS = (
    Sample("script", "a<script>alert(1)</script>b", "ab"),
    Sample("script in capitals", "<ScRiPt>alert(1)</sCrIpT>", ""),
    Sample(
        "script from elsewhere", '<script src="http://canary.example/x.js"></script>', "", "request"
    ),
    Sample("script without an end", "<script>alert(1)//", "", ""),
    Sample("script end with a space and attribute", "<script>alert(1)</script x=y >b", "b"),
    Sample(
        "script in two halves",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "ipt&gt;alert(1)ipt&gt;",
        "",
    ),
    Sample("script with a slash", "<script/x>alert(1)</script>", ""),
    Sample("script module", '<script type="module">alert(1)</script>', ""),
    Sample("doubled brackets", "<<script>alert(1);//<</script>", "&lt;"),
    Sample("img onerror", "<img src=x onerror=alert(1)>", "🖼"),
    Sample("img onerror without spaces", '<img/src="x"/onerror=alert(1)>', "🖼"),
    Sample("img onerror after a quote", '<img """><script>alert(1)</script>">', '🖼"&gt;'),
    Sample(
        "img onerror by entities", '<img src=x onerror="&#97;&#108;&#101;&#114;&#116;(1)">', "🖼"
    ),
    Sample("img onerror by long entities", '<img src=x onerror="&#0000097lert(1)">', "🖼"),
    Sample("img onerror in capitals", "<IMG SRC=x OnErRoR=alert(1)>", "🖼"),
    Sample(
        "img onload",
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" onload=alert(1)>',
        "🖼",
    ),
    Sample("image alias", "<image src=x onerror=alert(1)>", ""),
    Sample("unclosed img", "<img src=x onerror=alert(1) ", "", ""),
    Sample("unclosed img before text", "<img src=x onerror=alert(1)//\n<p>x</p>", "🖼x"),
    Sample("body onload", "<body onload=alert(1)>x", "x"),
    Sample("body onpageshow", "<body onpageshow=alert(1)>x", "x"),
    Sample("nested body", "<div><body onpageshow=alert(1)></div>", "<div></div>"),
    Sample("svg onload", "<svg onload=alert(1)>", ""),
    Sample("svg onload with slash", "<svg/onload=alert(1)//>", ""),
    Sample("svg script", "<svg><script>alert(1)</script></svg>", ""),
    Sample("svg script by entities", "<svg><script>&#97;lert(1)</script></svg>", ""),
    Sample("svg animate", "<svg><animate onbegin=alert(1) attributeName=x dur=1s>", ""),
    Sample(
        "svg animate href",
        "<svg><a><animate attributeName=href values=javascript:alert(1) /><text x=20 y=20>x</text></a></svg>",
        "",
    ),
    Sample("svg set", "<svg><set onbegin=alert(1) attributeName=x to=y>", ""),
    Sample(
        "svg foreignObject",
        "<svg><foreignObject><img src=x onerror=alert(1)></foreignObject></svg>",
        "",
    ),
    Sample(
        "svg use data",
        '<svg><use href="data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg><script>alert(1)</script></svg>#x"></svg>',
        "",
        "",
    ),
    Sample("math href", '<math><mtext href="javascript:alert(1)">x</mtext></math>', "", ""),
    Sample(
        "math maction",
        '<math><maction actiontype="statusline" xlink:href="javascript:alert(1)">x</maction></math>',
        "",
        "",
    ),
    Sample("details ontoggle", "<details open ontoggle=alert(1)>x</details>", "x"),
    Sample("video onerror", "<video src=x onerror=alert(1)></video>", ""),
    Sample("video source onerror", "<video><source onerror=alert(1) src=x></video>", ""),
    Sample("audio onerror", "<audio src=x onerror=alert(1)>", ""),
    Sample("input autofocus", "<input autofocus onfocus=alert(1)>", ""),
    Sample("select autofocus", "<select autofocus onfocus=alert(1)></select>", ""),
    Sample("textarea autofocus", "<textarea autofocus onfocus=alert(1)></textarea>", ""),
    Sample("tabindex focus", "<div tabindex=1 autofocus onfocus=alert(1)>x</div>", "<div>x</div>"),
    Sample("contenteditable", "<p contenteditable onfocus=alert(1)>x</p>", "<p>x</p>"),
    Sample("mouse over", "<b onmouseover=alert(1)>x</b>", "<b>x</b>"),
    Sample("pointer", "<i onpointerenter=alert(1) onclick=alert(1)>x</i>", "<i>x</i>"),
    Sample(
        "animation event",
        '<style>@keyframes x{}</style><p style="animation-name:x" onanimationstart=alert(1)>x</p>',
        "<p>x</p>",
    ),
    Sample(
        "transition event",
        '<p id=x style="transition:outline 1s" ontransitionend=alert(1) onclick=alert(1)>x</p>',
        "<p>x</p>",
    ),
    Sample("marquee", "<marquee onstart=alert(1)>x</marquee>", "x", ""),
    Sample("unknown element", "<xss onclick=alert(1)>x</xss>", "x"),
    Sample(
        "custom element content visibility",
        '<x-y style="content-visibility:auto;display:block" oncontentvisibilityautostatechange=alert(1)>x</x-y>',
        "x",
    ),
    Sample("handler with newline", "<p\nonclick\n=\nalert(1)>x</p>", "<p>x</p>"),
    Sample("handler with form feed", "<p\x0conclick=alert(1)>x</p>", "<p>x</p>"),
    Sample("handler in backquotes", "<p title=`x onclick=alert(1)>x</p>", '<p title="`x">x</p>'),
    Sample("handler behind NUL", "<p on\x00click=alert(1)>x</p>", "<p>x</p>", ""),
    Sample("tag behind NUL", "<scr\x00ipt>alert(1)</scr\x00ipt>", "alert(1)", ""),
    Sample("iframe srcdoc", '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>', ""),
    Sample("iframe javascript", '<iframe src="javascript:parent.alert(1)"></iframe>', ""),
    Sample(
        "iframe data", '<iframe src="data:text/html,<script>alert(1)</script>"></iframe>', "", ""
    ),
    Sample("iframe onload", "<iframe onload=alert(1)></iframe>", ""),
    Sample("object data", '<object data="javascript:alert(1)">y</object>', "", ""),
    Sample("object onerror", "<object data=x: onerror=alert(1)>y</object>", "", ""),
    Sample("embed javascript", '<embed src="javascript:alert(1)">', "", ""),
    Sample("embed onload", '<embed src="data:text/html,x" onload=alert(1)>', ""),
    Sample("applet", '<applet code="javascript:alert(1)">y</applet>', "", ""),
    Sample("isindex", "<isindex type=image src=1 onerror=alert(1)>", "", ""),
    Sample(
        "meta refresh javascript",
        '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
        "",
        "",
    ),
    Sample(
        "link import", '<link rel="import" href="data:text/html,<script>alert(1)</script>">', "", ""
    ),
    Sample(
        "xml data island",
        "<xml id=x><a><b>&lt;script>alert(1)&lt;/script></b></a></xml><span datasrc=#x datafld=b dataformatas=html></span>",
        "<span></span>",
        "",
    ),
    Sample(
        "html+time",
        '<t:set xmlns:t="urn:schemas-microsoft-com:time" attributeName="innerHTML" to="&lt;script>alert(1)&lt;/script>">',
        "",
        "",
    ),
    Sample(
        "template shadow root",
        "<div><template shadowrootmode=open><img src=x onerror=alert(1)></template></div>",
        "<div></div>",
    ),
    Sample(
        "conditional comment", "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->b", "b", ""
    ),
    Sample("downlevel-revealed comment", "<![if !mso]><script>alert(1)</script><![endif]>b", "b"),
    Sample("comment with a short end", "<!--><img src=x onerror=alert(1)>-->", "🖼--&gt;"),
    Sample("comment with a dash end", "<!---><img src=x onerror=alert(1)>-->", "🖼--&gt;"),
    Sample("comment with a bang end", "<!-- --!><img src=x onerror=alert(1)> -->", "🖼 --&gt;"),
    Sample(
        "processing instruction",
        '<?xml version="1.0"?><?x <img src=x onerror=alert(1)> ?>',
        "?&gt;",
        "",
    ),
    Sample("cdata", "<![CDATA[<img src=x onerror=alert(1)>]]>", "]]&gt;", ""),
    Sample("cdata in svg", "<svg><![CDATA[><img src=x onerror=alert(1)>]]></svg>", "", ""),
    Sample(
        "UTF-7",
        "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        "",
    ),
    Sample(
        "half-width brackets", "＜script＞alert(1)＜/script＞", "＜script＞alert(1)＜/script＞", ""
    ),
    Sample(
        "angle brackets cut to eight bits",
        "¼script¾alert(1)¼/script¾",
        "¼script¾alert(1)¼/script¾",
        "",
    ),
)
