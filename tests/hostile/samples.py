"""Samples of hostile HTML, our own versions of the well-known attacks, by class.

The classes are those of the OWASP XSS filter evasion cheat sheet, the HTML5 security cheat sheet
(html5sec.org), the research on mutation XSS, on CSS exfiltration and on DOM clobbering.
"""

from tests.hostile.links import LINKS
from tests.hostile.resources import RESOURCES
from tests.hostile.sample import Sample
from tests.hostile.scripts import SCRIPTS
from tests.hostile.styles import STYLES

SAMPLES = (*SCRIPTS, *LINKS, *RESOURCES, *STYLES)

__all__ = ["SAMPLES", "Sample"]
