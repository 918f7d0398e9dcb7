/** Finds what the tests can run on (a WebGPU adapter in Node, a Chromium) and, on Debian as root, installs a software Vulkan driver. */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runQuietly } from './process.mjs';

const probeFile = fileURLToPath(new URL('./probe-webgpu.mjs', import.meta.url));
const backportsFile = '/etc/apt/sources.list.d/hebb-backports.sources';
const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The environment Vulkan drivers want: XDG_RUNTIME_DIR has to exist. */
function runtimeEnvironment() {
  if (process.platform !== 'linux' || process.env.XDG_RUNTIME_DIR) return {};
  const folder = join(tmpdir(), `hebb-runtime-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { XDG_RUNTIME_DIR: folder };
}

/** The Chromium to test with, or an empty string. */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined) return isExecutable(named) ? named : '';
  const folders = process.platform === 'win32' ? [] : ['/usr/bin', '/usr/local/bin', '/snap/bin'];
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  candidates.push('/Applications/Google Chrome.app/Contents/MacOS/Google Chrome');
  return candidates.find(isExecutable) ?? '';
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** SwiftShader's Vulkan driver description beside a Chromium, or undefined. */
function findSwiftShader(chromium) {
  const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  if (chromium) folders.push(dirname(chromium));
  return folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((file) => existsSync(file));
}

/** Asks the `webgpu` package for an adapter: `{ adapter }` or `{ reason }`. */
async function probe(environment) {
  const { output, timedOut } = await runQuietly(process.execPath, [probeFile], {
    env: { ...process.env, ...environment },
    timeout: 60_000,
  });
  const adapter = /^adapter: (.*)$/m.exec(output)?.[1];
  if (adapter) return { adapter };
  if (timedOut) return { reason: 'the driver did not answer within 60 s' };
  return { reason: /^none: (.*)$/m.exec(output)?.[1] ?? 'the driver crashed' };
}

/** ID, VERSION_CODENAME and so on of this system. */
function osRelease() {
  if (!existsSync('/etc/os-release')) return {};
  const lines = readFileSync('/etc/os-release', 'utf8').split('\n');
  return Object.fromEntries(
    lines
      .filter((line) => line.includes('='))
      .map((line) => line.split('=', 2).map((part) => part.replaceAll('"', ''))),
  );
}

/**
 * How to get a software Vulkan driver here: `{ packages, release? }` for apt, or undefined on another kind of system.
 * Debian 12's own Mesa (22.3) lacks features that Dawn requires; its backports have 25.0.
 */
function driverPlan() {
  const { ID, ID_LIKE = '', VERSION_CODENAME } = osRelease();
  const debianLike = ID === 'debian' || ID === 'ubuntu' || /\b(debian|ubuntu)\b/.test(ID_LIKE);
  if (process.platform !== 'linux' || !debianLike || !existsSync('/usr/bin/apt-get')) return undefined;
  const packages = ['mesa-vulkan-drivers', 'libvulkan1'];
  return ID === 'debian' && VERSION_CODENAME === 'bookworm'
    ? { packages, codename: VERSION_CODENAME, release: `${VERSION_CODENAME}-backports` }
    : { packages };
}

/** What a person would type to get a driver. */
function driverCommand(plan) {
  if (!plan) return 'install a Vulkan driver (Mesa 23.2 or newer; llvmpipe, "lavapipe", needs no GPU)';
  const target = plan.release ? ` -t ${plan.release}` : '';
  const source = plan.release ? ` (with ${plan.release} among the apt sources)` : '';
  return `sudo apt-get install${target} ${plan.packages.join(' ')}${source}`;
}

/** Runs apt-get without questions. */
function aptGet(args) {
  return runQuietly('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', '-y', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 900_000,
  });
}

/** The package indexes apt knows, one record per index. */
async function aptIndexes() {
  const { output } = await runQuietly('apt-get', ['indextargets', 'Created-By: Packages']);
  return output.split('\n\n').map((paragraph) =>
    Object.fromEntries(
      paragraph
        .split('\n')
        .filter((line) => line.includes(': '))
        .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
    ),
  );
}

/** Adds the backports of a Debian release, from the mirror this machine already uses, unless they are there. */
async function addBackports({ codename, release }) {
  const indexes = await aptIndexes();
  if (indexes.some((index) => index.Codename === release || index.Release === release)) return undefined;
  const main = indexes.find(
    (index) => index.Label === 'Debian' && index.Codename === codename && index.Component === 'main',
  );
  if (!main) return `no apt source for Debian ${codename} to take ${release} from`;
  const signedBy = existsSync(debianKeyring) ? `Signed-By: ${debianKeyring}\n` : '';
  writeFileSync(
    backportsFile,
    `Types: deb\nURIs: ${main['Repo-URI']}\nSuites: ${release}\nComponents: main\n${signedBy}`,
  );
  return undefined;
}

/** Installs the driver; resolves to a reason when that failed. */
async function installDriver(plan) {
  let updated = await aptGet(['update']);
  if (plan.release) {
    const reason = await addBackports(plan);
    if (reason) return reason;
    updated = await aptGet(['update']);
  }
  const target = plan.release ? ['-t', plan.release] : [];
  const installed = await aptGet(['install', '--no-install-recommends', ...target, ...plan.packages]);
  if (installed.code === 0) return undefined;
  return `apt-get failed:\n${(updated.code === 0 ? '' : updated.output) + installed.output}`.trim();
}

/**
 * Finds a WebGPU adapter for Node, installing a software one where that is this user's to do.
 * Resolves to `{ adapter, environment }`, or `{ reason, remedy, environment }` when there is none.
 */
export async function prepareWebGpu(chromium, say) {
  const environment = runtimeEnvironment();
  const first = await probe(environment);
  if (first.adapter) return { ...first, environment };

  const plan = driverPlan();
  let reason = first.reason;
  if (plan && process.getuid?.() === 0 && !process.env.HEBB_NO_INSTALL) {
    say(`No WebGPU adapter answers in Node (${reason}).`);
    say(
      `Installing a software Vulkan driver with apt-get: ${plan.packages.join(' ')}` +
        `${plan.release ? ` from ${plan.release}` : ''}. Set HEBB_NO_INSTALL=1 to forbid this.`,
    );
    const failure = await installDriver(plan);
    if (failure) say(failure);
    const second = await probe(environment);
    if (second.adapter) return { ...second, environment };
    reason = second.reason;
  }

  const swiftShader = process.platform === 'linux' ? findSwiftShader(chromium) : undefined;
  if (swiftShader && !process.env.VK_DRIVER_FILES) {
    const withSwiftShader = { ...environment, VK_DRIVER_FILES: swiftShader };
    const third = await probe(withSwiftShader);
    if (third.adapter) return { ...third, environment: withSwiftShader };
  }
  return { reason, remedy: driverCommand(plan), environment };
}
