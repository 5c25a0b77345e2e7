import { BaseCommand } from '@cooperbench/command';
import { ConfigError } from '@cooperbench/core/errors';

const steps = `1. Make an account and a token: https://modal.com/settings/tokens
2. Put the token into ~/.modal.toml:
     [default]
     token_id = "ak-…"
     token_secret = "as-…"
     active = true
   or set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET, in the environment or in .env.
   MODAL_PROFILE chooses one of several profiles in the file.
3. Repeat cooperbench config modal.`;

export default class ConfigModal extends BaseCommand {
  static override summary = 'Check the token for Modal, and say how to get one.';
  static override description =
    'Connects to Modal as a run does, with the options of the backend "modal" in the configuration. Changes nothing. Nobody has run this backend on a real account yet.';
  static override examples = ['<%= config.bin %> config modal'];
  static override suggestsBackends = false;

  async run(): Promise<object> {
    await this.parse(ConfigModal);
    const from = process.env.MODAL_TOKEN_ID
      ? 'MODAL_TOKEN_ID'
      : (process.env.MODAL_CONFIG_PATH ?? '~/.modal.toml');
    try {
      await this.checkBackend('modal');
    } catch (error) {
      const isCredentialsError =
        ConfigError.is(error) && ['MODAL_CREDENTIALS', 'MODAL_TOKEN'].includes(error.code);
      if (!isCredentialsError) throw error;
      const tokenNote = error.code === 'MODAL_TOKEN' ? `The token is from ${from}.\n` : '';
      throw new ConfigError(error.code, error.message, { hint: `${tokenNote}${steps}`, cause: error });
    }
    this.log(`Modal is ready. The token is from ${from}.`);
    return { ok: true, from };
  }
}
