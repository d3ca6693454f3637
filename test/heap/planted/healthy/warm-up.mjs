// Tables are filled by the first requests and only read by the later ones.
import { takeRounds } from "../rounds.cjs";

const translations = new Map();
const translate = (word) => {
  if (!translations.has(word)) translations.set(word, { word, forms: [word, `${word}s`] });
  return translations.get(word).forms.length;
};

await takeRounds((round) => {
  const words = round === 0 ? 600 : 1200;
  for (let nth = 0; nth < words; nth += 1) translate(`word ${nth}`);
});
