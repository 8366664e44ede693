
// The trials of a study: those in a state, and those whose column contains a text or lies beyond a number.
{
  const form = document.querySelector(".sift");
  const table = document.querySelector("#trials table");
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent.trim());
  const { state, column, condition, value } = form.elements;
  const option = (list, text, key) => list.append(new Option(text, key));
  const STATE = heads.indexOf("State");
  for (const word of new Set(rows.map((row) => row.cells[STATE].textContent))) option(state, word, word);
  heads.forEach((head, at) => option(column, head, String(at)));

  const wanted = () => value.value.trim().toLowerCase();
  const meets = (text) => {
    if (condition.value === "contains") return text.toLowerCase().includes(wanted());
    const [one, other] = [number(text), number(wanted())];
    return condition.value === "least" ? one >= other : one <= other;
  };
  const shows = (row) => {
    if (state.value && row.cells[STATE].textContent !== state.value) return false;
    if (!wanted()) return true;
    const cells = column.value === "" ? [...row.cells] : [row.cells[Number(column.value)]];
    return cells.some((cell) => meets(cell.textContent.trim()));
  };
  const sift = () => {
    for (const row of rows) row.hidden = !shows(row);
    const shown = rows.filter((row) => !row.hidden).length;
    form.querySelector(".shown").textContent = `${shown} of ${rows.length} trials shown`;
  };
  form.addEventListener("input", sift);
  form.addEventListener("submit", (event) => event.preventDefault());
  // The fields are empty only after the event.
  form.addEventListener("reset", () => setTimeout(sift));
  form.hidden = false;
  sift();
}
