/** A name as its bearer writes it, and its spelling in sign-in names, which are ASCII. */
export type Name = readonly [written: string, ascii: string];

const same = (...names: string[]): Name[] => names.map((name) => [name, name.toLowerCase()]);

export const givenNames: readonly Name[] = [
  ...same('Anna', 'Ben', 'Carla', 'David', 'Eva', 'Felix', 'Greta', 'Hugo', 'Ines', 'Jakob', 'Klara', 'Lars', 'Maja'),
  ...same('Nina', 'Oskar', 'Paula', 'Quentin', 'Rosa', 'Simon', 'Theresa', 'Ugo', 'Vera', 'Willem', 'Yara', 'Zita'),
  ...same('Amir', 'Chidi', 'Fatima', 'Hana', 'Kenji', 'Leila', 'Priya'),
  ['Björn', 'bjoern'],
  ['Émile', 'emile'],
  ['Søren', 'soeren'],
  ['Zoë', 'zoe'],
  ['Łukasz', 'lukasz'],
  ['Şebnem', 'sebnem'],
  ['Jürgen', 'juergen'],
  ['Ольга', 'olga'],
  ['Νίκος', 'nikos'],
  ['美咲', 'misaki'],
];

export const surnames: readonly Name[] = [
  ...same('Adler', 'Berger', 'Conti', 'Dvorak', 'Egger', 'Fischer', 'Gruber', 'Haas', 'Ivanova', 'Jansen', 'Keller'),
  ...same('Lindner', 'Moser', 'Nowak', 'Okafor', 'Pichler', 'Quist', 'Rossi', 'Steiner', 'Tanaka', 'Urban', 'Vogel'),
  ...same('Wagner', 'Yilmaz', 'Zimmer', 'Brandt', 'Costa', 'Dubois', 'Eriksen', 'Fontana', 'Horvat', 'Kaur', 'Mwangi'),
  ['Müller', 'mueller'],
  ['García', 'garcia'],
  ['Nuñez', 'nunez'],
  ['Öztürk', 'oeztuerk'],
  ["O'Neill", 'oneill'],
  ['Großmann', 'grossmann'],
  ['Dvořáková', 'dvorakova'],
  ['Åkesson', 'akesson'],
  ['Петрова', 'petrova'],
  ['鈴木', 'suzuki'],
];

/** Where the departments sit. Values are those that the directory's own consoles write. */
export interface Site {
  readonly city: string;
  readonly state: string;
  readonly country: string;
  readonly code: string;
  /** ISO 3166-1 numeric, as `countryCode` has it. */
  readonly numeric: string;
  readonly postalCode: string;
  readonly street: string;
  readonly dial: string;
  readonly language: string;
}

export const sites: readonly Site[] = [
  {
    city: 'Wien',
    state: 'Wien',
    country: 'Austria',
    code: 'AT',
    numeric: '40',
    postalCode: '1010',
    street: 'Ringstraße',
    dial: '+43 1 5550',
    language: 'de-AT',
  },
  {
    city: 'München',
    state: 'Bayern',
    country: 'Germany',
    code: 'DE',
    numeric: '276',
    postalCode: '80331',
    street: 'Sendlinger Straße',
    dial: '+49 89 5550',
    language: 'de-DE',
  },
  {
    city: 'Göteborg',
    state: 'Västra Götaland',
    country: 'Sweden',
    code: 'SE',
    numeric: '752',
    postalCode: '411 03',
    street: 'Hamngatan',
    dial: '+46 31 5550',
    language: 'sv-SE',
  },
  {
    city: 'Boston',
    state: 'MA',
    country: 'United States',
    code: 'US',
    numeric: '840',
    postalCode: '02110',
    street: 'Harbor Street',
    dial: '+1 617 555 0',
    language: 'en-US',
  },
];

export interface Department {
  readonly name: string;
  readonly people: number;
  readonly titles: readonly string[];
}

export const departments: readonly Department[] = [
  { name: 'Sales', people: 48, titles: ['Account Manager', 'Sales Engineer', 'Sales Assistant'] },
  { name: 'Engineering', people: 56, titles: ['Engineer', 'Senior Engineer', 'Test Engineer'] },
  { name: 'Research & Development', people: 24, titles: ['Scientist', 'Laboratory Assistant'] },
  { name: 'Finance', people: 20, titles: ['Accountant', 'Controller'] },
  { name: 'Human Resources', people: 14, titles: ['Recruiter', 'Payroll Clerk'] },
  { name: 'IT', people: 28, titles: ['Systems Administrator', 'Network Engineer', 'Service Desk Agent'] },
  { name: 'Production', people: 44, titles: ['Operator', 'Shift Lead', 'Maintenance Technician'] },
  { name: 'Logistics', people: 26, titles: ['Dispatcher', 'Warehouse Clerk'] },
  { name: 'Marketing', people: 18, titles: ['Designer', 'Editor'] },
  { name: 'Legal', people: 10, titles: ['Counsel', 'Paralegal'] },
];
