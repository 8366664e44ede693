// What a browser with scripts adds to a page that is whole without: a filter and sorting for tables, values of curves
// by pointer and keyboard, and links that open what they point into.
"use strict";

// The ledger, by verdict.
const filter = document.querySelector(".filter");
if (filter) {
  const rows = [...document.querySelectorAll(".claims tbody tr")];
  const buttons = [...filter.querySelectorAll("button")];
  filter.hidden = false;
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      for (const row of rows) row.hidden = button.value !== "" && row.dataset.verdict !== button.value;
      const shown = rows.filter((row) => !row.hidden).length;
      filter.querySelector(".shown").textContent = `${shown} of ${rows.length} claims shown`;
    });
  }
}

// Tables, by the column whose head is pressed.
function number(text) {
  const plain = text.replace(/^< /, "").replaceAll(",", "").replace("−", "-");
  return /^[-+]?[\d.]/.test(plain) ? Number.parseFloat(plain) : Number.NaN;
}

function compare(left, right) {
  const [one, other] = [number(left), number(right)];
  return Number.isNaN(one) || Number.isNaN(other) || one === other
    ? left.localeCompare(right, "en", { numeric: true })
    : one - other;
}

function sort(table, head) {
  const direction = head.ariaSort === "ascending" ? "descending" : "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", direction);
  const text = (row) => row.cells[head.cellIndex].textContent.trim();
  const sign = direction === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows].sort((left, right) => {
    // What was not measured comes last either way.
    const [one, other] = [text(left), text(right)];
    return (one === "–") - (other === "–") || sign * compare(one, other);
  });
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table.sortable")) {
  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, head));
  }
}

// Curves: a slider moves along the columns, and shows their values.
for (const panel of document.querySelectorAll(".panel")) {
  const drawings = [...panel.querySelectorAll("svg.plot")].map((chart) => [...chart.querySelectorAll(".column")]);
  const columns = drawings[0] ?? [];
  if (columns.length < 2) continue;
  const slider = document.createElement("input");
  const output = document.createElement("p");
  Object.assign(slider, { type: "range", min: 0, max: columns.length - 1, value: columns.length - 1 });
  slider.setAttribute("aria-label", `Values along ${panel.querySelector("h4").textContent}`);
  output.className = "values";
  const show = (place) => {
    const [where, ...values] = columns[place].textContent.split("\n");
    output.textContent = `${where}: ${values.join(" · ")}`;
    slider.setAttribute("aria-valuetext", output.textContent);
    slider.value = place;
  };
  slider.addEventListener("input", () => {
    show(slider.value);
    for (const drawing of drawings) {
      drawing.forEach((column, at) => column.classList.toggle("here", at === Number(slider.value)));
    }
  });
  for (const drawing of drawings) {
    drawing.forEach((column, place) => column.addEventListener("pointerenter", () => show(place)));
  }
  show(columns.length - 1);
  panel.append(slider, output);
}

// A link into something closed opens it.
function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  for (let around = target; around; around = around.parentElement) {
    if (around.tagName === "DETAILS") around.open = true;
  }
  target?.scrollIntoView();
}
addEventListener("hashchange", reveal);
if (location.hash) reveal();
