// An exported object used as a dictionary, which gets a key for every address.
const { takeRounds } = require("../rounds.cjs");

exports.pagesByUrl = {};
function cachePage(url) {
  exports.pagesByUrl[url] = { url, links: [url, url] };
}

void takeRounds((round) => {
  for (let nth = 0; nth < 900; nth += 1) cachePage(`https://example.com/${round}/${nth}`);
});
