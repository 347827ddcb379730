// A test of the page alone: that its events arrived is what `clickscope expect` waits for around it.
const { test, expect } = require("@playwright/test");

test("a customer buys", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: /^Add .* to the cart$/ }).first().click();
  await page.getByRole("button", { name: "Check out" }).click();
  await page.getByRole("button", { name: "Pay" }).click();
  await expect(page.getByRole("button", { name: "Pay" })).toBeDisabled();
});
