"""The English letters of the sample that come first, and those from right to left."""

from config.local.sample import files
from config.local.sample import people as who
from config.local.sample.mails import File, Letter

_NEWS = """<html><body style="font-family: Georgia, serif; color: #223">
<table width="560" cellpadding="12" style="border: 1px solid #ccd"><tr><td>
<img src="cid:logo" width="96" height="32" alt="Northfield">
<h2 style="color: #00806e">Weekly sign-ups look wrong</h2>
<p>Hi team,</p>
<p>the dashboard says <b>150 sign-ups</b> for last week, our own export says <b>112</b>.
Here is what we see:</p>
<p><img src="cid:chart" width="420" alt="Sign-ups by week"></p>
<table border="1" cellpadding="6" style="border-collapse: collapse">
<tr><th>Week</th><th>Dashboard</th><th>Export</th></tr>
<tr><td>46</td><td>138</td><td>138</td></tr>
<tr><td>47</td><td>150</td><td>112</td></tr></table>
<p>Could it be the time zone? We are on <a href="https://northfield.example/time">UTC-7</a>.</p>
<p>Priya<br><small>Northfield Analytics</small></p>
<img src="https://metrics.northfield.example/open.gif?m=4711" width="1" height="1" alt="">
</td></tr></table></body></html>
"""
_ORDER = """<html><body>
<img src="https://cdn.cloudprint.example/banner.png" width="560" height="120" alt="Cloudprint">
<p>Dear customer,</p><p>your order <b>CP-20418</b> has been split into two parcels. The second one,
<i>2 × toner M404</i>, leaves our warehouse on 30 November.</p>
<p><a href="https://cloudprint.example/orders/CP-20418">Follow your order</a></p>
</body></html>
"""

LETTERS = [
    Letter(
        name="james-export",
        sender=who.JAMES,
        subject="Export of case files stops at 2 GB",
        text="Good morning,\n\nthe export of matter 2026-117 stops at exactly 2.0 GB and the ZIP "
        "is damaged. Smaller matters are fine. Opposing counsel expects the files on Monday.\n\n"
        "Kind regards,\nJames Whitaker\nHarbor Legal LLP\n",
        hours_ago=46,
        cc=[who.DAVID],
    ),
    Letter(
        name="sophie-billing",
        sender=who.SOPHIE,
        subject="Charged twice in November",
        text="Hello,\nmy card was charged twice on the 21st (2 × €49). Could you refund one of "
        "them, please? The bank statement is attached.\n\nThank you!\nSophie\n",
        hours_ago=26,
        files=[
            File(
                "statement-november.pdf",
                "application/pdf",
                files.pdf("Statement 11/2026", "21 Nov  ServiceDesk  49.00", "21 Nov  same  49.00"),
            )
        ],
    ),
    Letter(
        name="priya-dashboard",
        sender=who.PRIYA,
        subject="Weekly sign-ups look wrong",
        text="The dashboard says 150 sign-ups for last week, our own export says 112.\n",
        html=_NEWS,
        hours_ago=7.5,
        files=[
            File("logo.png", "image/png", files.logo(), inline="logo"),
            File("signups.png", "image/png", files.chart(), inline="chart"),
            File("export.csv", "text/csv", b"week,signups\n44,112\n45,120\n46,138\n47,112\n"),
        ],
    ),
    Letter(
        name="tom-access",
        sender=who.TOM,
        subject="Access for our new auditor",
        text="Hi,\nplease give victor.santos@lumen.example read access to the 2025 ledgers until "
        "the end of January.\n\nTom Becker\nCFO, Lumen\n",
        hours_ago=22,
    ),
    Letter(
        name="laura-import",
        sender=who.LAURA,
        subject="Import of contacts: 214 rows rejected",
        text="Hi there,\n\n214 of 1,950 rows were rejected with “invalid phone”. They are Norwegian"
        " numbers with 8 digits and no country code. Is there a setting for that?\n\nLaura\n",
        hours_ago=11,
        files=[
            File(
                "rejected.csv",
                "text/csv",
                b"name,phone,error\nOle Berg,41234567,invalid phone\n"
                b"Kari Lie,98765432,invalid phone\n",
            )
        ],
    ),
    Letter(
        name="chloe-password",
        sender=who.CHLOE,
        subject="Locked out of my account",
        text="I tried my password five times and now it says that I am locked out. I have a demo "
        "at 3 pm, please help!\n\nChloe\n",
        hours_ago=2.1,
    ),
    Letter(
        name="marcus-feature",
        sender=who.MARCUS,
        subject="Idea: print labels in the order of the shelves",
        text="Hey folks,\nlove the product. It would save us an hour a day if labels came out in "
        "shelf order and not by SKU. Happy to test it.\n\nMarcus, Reed Bikes\n",
        hours_ago=90,
    ),
    Letter(
        name="grace-slow",
        sender=who.GRACE,
        subject="Pages take 10 seconds since this morning",
        text="Everything is slow since about 9:00 CET: lists, search, even the sign-in. Our line is"
        " fine (speed test 300 Mbit/s). Five of us see it.\n\nGrace\n",
        hours_ago=4,
    ),
    Letter(
        name="hannah-gift",
        sender=who.HANNAH,
        subject="Gift cards are not accepted at checkout",
        text="Hello! Two customers told us that our gift cards are “unknown”. Codes: BB-7731 and "
        "BB-7740. They were sold last week.\n\nHannah\nBluebird Books\n",
        hours_ago=0.4,
    ),
    Letter(
        name="cloudprint-order",
        sender=who.SHOP,
        subject="Your order CP-20418: second parcel",
        text="Your order CP-20418 has been split into two parcels.\n",
        html=_ORDER,
        hours_ago=13,
    ),
    Letter(
        name="noam-invoice",
        sender=who.NOAM,
        subject="החשבונית לא נפתחת",
        text="שלום,\n\nהחשבונית של חודש נובמבר (INV-2026-11.pdf) לא נפתחת אצלי בטלפון. במחשב היא "
        "נפתחת, אבל השם שלנו כתוב הפוך.\n\nתודה,\nנועם לוי\nגליל עיצוב\n",
        hours_ago=16,
    ),
    Letter(
        name="layla-language",
        sender=who.LAYLA,
        subject="هل توجد واجهة باللغة العربية؟",
        text="مرحباً،\n\nلدينا عشرة موظفين لا يتحدثون الإنجليزية. هل يمكن تغيير لغة الواجهة إلى "
        "العربية؟ نستخدم الإصدار 4.2 على Windows 11.\n\nشكراً لكم\nليلى حداد\n",
        hours_ago=38,
    ),
]
