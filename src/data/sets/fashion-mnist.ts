import { gzipFile, type DataSet } from "../data-set.ts";

export const fashionMnist: DataSet = {
  name: "fashion-mnist",
  summary: "Zalando's articles of clothing, 28 x 28 grey, 10 classes, 60,000 + 10,000",
  licence: "MIT (Zalando SE)",
  mirrors: [
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
  ],
  files: [
    gzipFile(
      "train-images-idx3-ubyte.gz",
      [26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"],
      [47_040_016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"],
    ),
    gzipFile(
      "train-labels-idx1-ubyte.gz",
      [29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"],
      [60_008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"],
    ),
    gzipFile(
      "t10k-images-idx3-ubyte.gz",
      [4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"],
      [7_840_016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"],
    ),
    gzipFile(
      "t10k-labels-idx1-ubyte.gz",
      [5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"],
      [10_008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"],
    ),
  ],
};
