// The Chromium that is installed, for none is downloaded.
const { execFileSync } = require("node:child_process");

function installed() {
  const find = 'command -v chromium || command -v chromium-browser || command -v google-chrome';
  return process.env.CHROMIUM || execFileSync("sh", ["-c", find], { encoding: "utf8" }).trim();
}

module.exports = {
  testDir: ".",
  reporter: "line",
  // A browser on a busy machine is slow.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  use: {
    baseURL: process.env.SHOP_URL || "http://127.0.0.1:8787/",
    launchOptions: { executablePath: installed(), args: ["--no-sandbox", "--disable-gpu"] },
  },
};
