// Tables that sort by a click on a head, and links into parts that are folded.
"use strict";
(() => {
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    const said = cell.dataset.value;
    if (said === undefined) return cell.textContent.trim();
    return said === "" ? null : Number(said);
  };

  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  };

  const sort = (head) => {
    const table = head.closest("table");
    const way = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", way);
    const sign = way === "ascending" ? 1 : -1;
    const keyed = [...table.tBodies[0].rows].map((row) => [keyOf(row, head.cellIndex), row]);
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null); // what is not known is last
      return sign * compare(a, b);
    });
    table.tBodies[0].append(...keyed.map(([, row]) => row));
  };

  for (const button of document.querySelectorAll("th button.sort")) {
    button.addEventListener("click", () => sort(button.closest("th")));
  }

  const unfold = () => {
    const part = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const fold = part && part.closest("details");
    if (!fold) return;
    fold.open = true;
    part.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();
})();
