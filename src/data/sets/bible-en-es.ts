import { gzipText, type DataSet } from "../data-set.ts";

export const bibleEnEs: DataSet = {
  name: "bible-en-es",
  summary: "verses of the Bible in English and Spanish, 30,660 pairs",
  licence: "public domain (World English Bible, Reina-Valera 1909)",
  mirrors: [],
  origin:
    "It is made from the Debian packages sword-text-web and sword-text-sparv (docs/data.md says how); " +
    "any other pair of texts can be translated with --set data.corpus=files.",
  files: [
    gzipText(
      30_660,
      "bible.en.gz",
      [1_180_119, "c8c0afe30fadbce38586a8324bea5742cd85116256cfbc0240fa8ae05ef66b57"],
      [3_973_468, "174a32010aee252df23b906493221aafe03a5602cbb001ebddb4d0480366d065"],
    ),
    gzipText(
      30_660,
      "bible.es.gz",
      [1_218_545, "0889cc41a6c2eb882be28a94aa02dd98ebf0d027e53ce5f519b7778cf068ac7f"],
      [3_885_294, "d58649dcc70ee9d0625d9a97f327900750e0de0a6ad8d2aa2176fd92b21fe68f"],
    ),
    gzipText(
      30_660,
      "bible.ref.gz",
      [74_159, "ffb7dc8b39ffdaa0d9557298a0dc9e2b1e9bfe60ad394867d1ed706ce4436a7b"],
      [418_929, "e14c55298cf1276fd5d2da8291e4b688462ae79b5cb8376d98ed6bdb7568fb50"],
    ),
  ],
};
