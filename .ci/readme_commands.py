"""Print the commands of README.md's section "Start", one a line: what CI runs is what the page says."""

import re
import sys
from pathlib import Path

page = Path(sys.argv[1]).read_text(encoding="utf-8")
section = page.split("\n## Start\n", 1)[1].split("\n## ", 1)[0]
for block in re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL):
    print(block.replace("\\\n", " ").strip())
