// What the scripts say, in the language of the page: the server writes its words into `data-words` of
// <body> (releases/templatetags/words.py has the table).
const words = JSON.parse(document.body.dataset.words ?? "{}");

export function say(key, params = {}) {
  return words[key].replace(/%\((\w+)\)s/g, (_, name) => params[name]);
}
