// The filter: words that must all occur, and `status:failed`, `user:lisa`, `queue:medium`, `from:` and `to:`.

const FIELDS = {
  status: (row) => row.word,
  user: (row) => row.user,
  queue: (row) => row.queue,
  from: (row) => row.source,
  to: (row) => row.destination,
};

function fold(text) {
  return (text ?? "").toLowerCase();
}

/** All that is searched of a row, kept with it until it changes. */
function hay(row) {
  row.hay ??= fold([row.name, row.source, row.destination, row.user, row.queue, row.word, row.id].join("\n"));
  return row.hay;
}

/** The words of a filter; what stands between quotes is one. */
function wordsOf(text) {
  return [...text.matchAll(/(\w+:)?"([^"]*)"?|\S+/g)].map((found) =>
    fold(found[2] === undefined ? found[0] : (found[1] ?? "") + found[2]),
  );
}

/** A function that says whether a row is meant; `null` when every row is. */
export function matcher(text) {
  const tests = wordsOf(text).map((word) => {
    const colon = word.indexOf(":");
    const field = colon > 0 && Object.hasOwn(FIELDS, word.slice(0, colon)) ? FIELDS[word.slice(0, colon)] : null;
    const wanted = field && word.slice(colon + 1);
    return field ? (row) => fold(field(row)).includes(wanted) : (row) => hay(row).includes(word);
  });
  return tests.length ? (row) => tests.every((test) => test(row)) : null;
}
