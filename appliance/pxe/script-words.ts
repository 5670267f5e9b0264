/**
 * Words of an iPXE script. An iPXE script is a program: what is put into it unchecked can end a line and begin a command (the class of CVE-2026-46447).
 *
 * So a value has one of the closed forms below or there is no script, and free text goes only into an echo, with all that means anything to iPXE replaced.
 */

const FORMS = {
  mac: /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/,
  sha256: /^[0-9a-f]{64}$/,
  enrolCode: /^[0-9a-f]{32}$/,
  runId: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  /** Scheme, IPv4 address or plain name, port; nothing after it. */
  origin: /^https?:\/\/[a-z0-9][a-z0-9.-]{0,62}:[1-9]\d{0,4}$/,
  /** A kernel parameter: `name` or `name=value`. */
  kernelArg: /^[a-zA-Z][\w.-]{0,40}(=[\w.,:/@-]{1,120})?$/,
  loader: /^[a-z0-9][a-z0-9.-]{0,40}$/,
} as const;
/** A closed form of a word. */
export type WordForm = keyof typeof FORMS;

/** The value itself, if it has the form; throws otherwise. A value that fails here is a bug or an attack, never a host's fault. */
export const word = (form: WordForm, value: string): string => {
  if (!FORMS[form].test(value) || value.includes("\n"))
    throw new RangeError(`not fit for an iPXE script as ${form}: ${JSON.stringify(value.slice(0, 80))}`);
  return value;
};

const MAX_ECHO_CHARS = 100;

/** Free text for an echo: letters, digits and plain punctuation stay, everything else becomes `?`, and no word looks like an option. */
export const echoText = (text: string): string =>
  [...text.slice(0, MAX_ECHO_CHARS)]
    .map((c) => (/[A-Za-z0-9 .,:_/()-]/.test(c) ? c : "?"))
    .join("")
    .replaceAll(/ +/g, " ")
    .replaceAll(/(^| )-+/g, "$1")
    .trim();
