import type { DataSet } from "../data-set.ts";

export const tinyShakespeare: DataSet = {
  name: "tiny-shakespeare",
  summary: "parts of Shakespeare's plays in one text, 1,115,394 characters",
  licence: "public domain",
  mirrors: ["https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/"],
  files: [
    {
      name: "input.txt",
      bytes: 1_115_394,
      checksum: { kind: "sha256", value: "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed" },
    },
  ],
};
