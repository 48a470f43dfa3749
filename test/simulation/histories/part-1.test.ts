import { playHistories } from './histories.ts';

playHistories(0, 2);
