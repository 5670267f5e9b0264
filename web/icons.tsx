/** Icons as inline SVG: no request, and they take the colour of the text beside them. */
import { TONE_PATHS } from "../appliance/core/icons.ts";
import type { Tone } from "../appliance/core/words.ts";

const Icon = ({ path, class: name }: { path: string; class: string }) => (
  <svg class={name} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={path} />
  </svg>
);

/** The icon of a tone; the word always stands beside it. */
export const ToneIcon = ({ tone }: { tone: Tone }) => <Icon path={TONE_PATHS[tone]} class="icon" />;

/** Points back to the page above. */
export const BackIcon = () => <Icon path="M14.5 5.5L8 12l6.5 6.5" class="icon" />;

/** Points onward at the end of a row that is a link. */
export const OnwardIcon = () => <Icon path="M9.5 5.5L16 12l-6.5 6.5" class="icon onward" />;
