"""Reports: clips side by side in one page that needs no network, or served on localhost (docs/report.md).

entry.py what is compared · pictures.py previews within a budget · recorder.py keeps them while metrics are measured ·
data.py all the page knows · page.py one HTML file · sheet.py a contact sheet · server.py frames on demand ·
viewer/ the page: html, css, js
"""
