// Code 128, code set B, as bars: for slips and labels that the browser prints.

/** Widths of bars and gaps, six for each value; the last is the stop, with its seventh. */
const WIDTHS =
  "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222" +
  "123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321" +
  "232121111323131123131321112313132113132311211313231113231311112133112331132131113123113321133121" +
  "313121211331231131213113213311213131311123311321331121312113312311332111314111221411431111111224" +
  "111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111" +
  "111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113" +
  "114311411113411311113141114131311141411131211412211214211232";
const STOP = "2331112";
const START_B = 104;

/**
 * The widths of bars and gaps, a bar first, in modules. Letters, digits and signs of ASCII alone.
 * @param {string} text
 * @returns {number[]}
 */
export function bars(text) {
  const values = [...text].map((each) => each.charCodeAt(0) - 32);
  if (values.some((each) => each < 0 || each > 95)) return [];
  const sum = values.reduce((total, each, index) => total + each * (index + 1), START_B);
  const all = [START_B, ...values, sum % 103].map((each) => WIDTHS.slice(each * 6, each * 6 + 6));
  return [...all.join(""), ...STOP].map(Number);
}

/** A picture of the barcode. @param {string} text */
export function barcode(text) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  let at = 10;
  const path = bars(text).reduce((drawn, width, index) => {
    const bar = index % 2 ? "" : `M${at} 0h${width}v40h-${width}z`;
    at += width;
    return drawn + bar;
  }, "");
  const shape = document.createElementNS(space, "path");
  shape.setAttribute("d", path);
  picture.append(shape);
  picture.setAttribute("viewBox", `0 0 ${at + 10} 40`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("shape-rendering", "crispEdges");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", text);
  return picture;
}
