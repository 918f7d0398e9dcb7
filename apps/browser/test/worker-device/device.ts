import 'hebb/worker';
