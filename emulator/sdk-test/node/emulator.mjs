// The emulator's clock.

// Stops it, so that times can be told to the second.
export const freeze = () => clock("PUT", "", { mode: "frozen" });

export const advance = (seconds) => clock("POST", "/advance", { seconds });

// The time of the clock, in milliseconds.
export const now = () => clock("GET", "");

async function clock(method, path, body) {
  const response = await fetch(`${process.env.EMULATOR_URL}/_emulator/clock${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(await response.text());
  }
  return Date.parse((await response.json()).now);
}
