"use strict";
const grid = JSON.parse(document.getElementById("grid").dataset.grid);
const inputs = [...document.querySelectorAll("input[type=range]")];
const rows = [...document.querySelectorAll("#rows tr")];
const short = (x) => x === null ? "unknown" : String(Number(Number(x).toPrecision(3)));

function show() {
  let at = 0;
  inputs.forEach((input, k) => {
    at = at * grid.sizes[k] + Number(input.value);
    const value = short(input.dataset.values.split(" ")[Number(input.value)]);
    document.getElementById("v" + k).textContent = value;
    input.setAttribute("aria-valuetext", value + " " + input.dataset.unit);
  });
  const [regime, said, cells] = grid.points[at];
  document.getElementById("regime").textContent = grid.regimes[regime].toUpperCase();
  document.getElementById("said").textContent = said;
  rows.forEach((row, k) => {
    const [holds, first, second, who] = cells[k];
    row.className = holds ? "" : "no";
    [holds ? "● holds" : "○ cannot", who, short(first), short(second)].forEach((text, j) => { row.cells[j + 1].textContent = text; });
  });
}

if (inputs.length) {
  document.getElementById("sliders").hidden = false;
  const first = inputs.map((input) => input.value);
  for (const input of inputs) input.addEventListener("input", show);
  document.getElementById("reset").addEventListener("click", () => {
    inputs.forEach((input, k) => { input.value = first[k]; });
    show();
  });
  show();
}
