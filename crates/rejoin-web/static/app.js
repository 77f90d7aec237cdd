// What makes work quicker; every page works without it. Nothing here decides anything.
(() => {
  'use strict';
  const say = (element, words) => { if (element) element.textContent = words; };

  // Choices that need no button of their own.
  for (const form of document.querySelectorAll('form[data-sends-itself]')) {
    for (const button of form.querySelectorAll('button')) button.hidden = true;
    form.addEventListener('change', () => form.submit());
  }

  // A form is sent once, and known again by its key when the answer was lost.
  for (const form of document.querySelectorAll('form[data-once]')) {
    const key = document.createElement('input');
    key.type = 'hidden';
    key.name = 'key';
    key.value = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
    // Before a file: what stands behind one is read when all of it has come.
    form.prepend(key);
    form.addEventListener('submit', () => {
      setTimeout(() => { for (const button of form.querySelectorAll('button')) button.disabled = true; });
    });
  }

  // Keys: `/` to search, j and k through rows, Enter opens; on a review a, e and r decide.
  const typing = (target) => target.closest('input, textarea, select, [contenteditable]');
  const rows = [...document.querySelectorAll('table[data-keys] tbody tr')];
  let at = -1;
  const go = (to) => {
    if (!rows.length) return;
    at = Math.max(0, Math.min(rows.length - 1, to));
    rows.forEach((row, index) => row.classList.toggle('at', index === at));
    const link = rows[at].querySelector('a[data-open]') || rows[at].querySelector('a');
    if (link) link.focus();
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    if (event.key === '/') {
      const field = document.querySelector('[data-key="/"]');
      event.preventDefault();
      if (field) field.focus(); else if (document.querySelector('a[href="/search"]')) location.href = '/search';
    } else if (event.key === 'j') go(at + 1);
    else if (event.key === 'k') go(at - 1);
    else {
      const button = document.querySelector(`form[data-decides] button[data-key="${CSS.escape(event.key)}"]`);
      if (!button) return;
      event.preventDefault();
      const reason = button.form.querySelector('[name=reason]');
      // The reason is typed first; the key then only puts the finger on the button.
      if (reason && !reason.value.trim()) reason.focus(); else button.focus();
    }
  });

  // Opens what an address points at.
  const open = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === 'DETAILS') target.open = true;
  };
  addEventListener('hashchange', open);
  open();

  // Drafts: what is typed into a long form is kept on the server as it is typed.
  for (const form of document.querySelectorAll('form[data-draft]')) {
    const status = document.querySelector('[data-draft-says]');
    let waiting = 0;
    const keep = async () => {
      const body = new URLSearchParams(new FormData(form));
      try {
        const answer = await fetch(form.dataset.draft, { method: 'POST', body });
        say(status, answer.ok ? form.dataset.kept : form.dataset.notKept);
      } catch { say(status, form.dataset.notKept); }
    };
    form.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(keep, 800); });
  }

  // Jobs tell how far they are.
  for (const box of document.querySelectorAll('[data-job]')) {
    const source = new EventSource(box.dataset.job);
    source.onmessage = (event) => {
      const told = JSON.parse(event.data);
      const bar = box.querySelector('progress');
      if (bar && told.total > 0) { bar.max = told.total; bar.value = told.done; } else if (bar) bar.removeAttribute('value');
      say(box.querySelector('[data-what]'), told.words);
      if (told.ended) { source.close(); location.reload(); }
    };
  }

  // Passkeys: bytes travel as base64url text.
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const post = async (to, fields) => {
    const answer = await fetch(to, { method: 'POST', body: new URLSearchParams(fields) });
    return [answer.ok, await answer.json()];
  };
  const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const says = document.getElementById('passkey-says');
  const enter = document.getElementById('passkey');
  if (enter && window.PublicKeyCredential) {
    enter.hidden = false;
    enter.addEventListener('click', async () => {
      try {
        const [, { options, ceremony }] = await post('/sign-in/passkey', {});
        const wanted = options.publicKey;
        wanted.challenge = bytes(wanted.challenge);
        wanted.allowCredentials = known(wanted.allowCredentials);
        const made = await navigator.credentials.get({ publicKey: wanted });
        const response = JSON.stringify({
          id: made.id, rawId: text(made.rawId), type: made.type, extensions: made.getClientExtensionResults(),
          response: {
            authenticatorData: text(made.response.authenticatorData), clientDataJSON: text(made.response.clientDataJSON),
            signature: text(made.response.signature), userHandle: made.response.userHandle && text(made.response.userHandle),
          },
        });
        const [ok, told] = await post('/sign-in/passkey/proof', { ceremony, response });
        if (ok) location.href = told.to; else say(says, told.words);
      } catch { say(says, enter.dataset.failed); }
    });
  }
  const make = document.getElementById('new-passkey');
  if (make) make.addEventListener('click', async () => {
    const csrf = make.dataset.csrf;
    try {
      const [, { options, ceremony }] = await post('/account/passkey', { csrf });
      const wanted = options.publicKey;
      wanted.challenge = bytes(wanted.challenge);
      wanted.user.id = bytes(wanted.user.id);
      wanted.excludeCredentials = known(wanted.excludeCredentials);
      const made = await navigator.credentials.create({ publicKey: wanted });
      const response = JSON.stringify({
        id: made.id, rawId: text(made.rawId), type: made.type, extensions: made.getClientExtensionResults(),
        response: { attestationObject: text(made.response.attestationObject), clientDataJSON: text(made.response.clientDataJSON) },
      });
      const [ok, told] = await post('/account/passkey/made', { csrf, ceremony, response, label: navigator.platform || 'passkey' });
      if (ok) location.href = told.to; else say(says, told.words || make.dataset.failed);
    } catch { say(says, make.dataset.failed); }
  });
})();
