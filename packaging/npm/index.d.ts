/** The path of the emulator's program for this machine. */
export function binary(): string;

/** Starts an emulator of its own on a free port; arguments are those of the command, such as `"--seed", "seed.toml"`. */
export function start(...args: string[]): Promise<Emulator>;

export interface Emulator {
  /** Where it listens, such as `http://127.0.0.1:49152`; the control API is below `/_emulator`. */
  url: string;
  /** The API key of an identity that may do everything. */
  apiKey: string;
  /** The Secrets Manager instance that exists at the start. */
  instanceId: string;
  /** What the emulator tells its clients to export. */
  environment: Record<string, string>;
  /** Ends the emulator. */
  stop(): Promise<void>;
}
