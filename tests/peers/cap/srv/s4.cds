// Partners of SAP S/4HANA with what hangs under them; written for these tests, no copy of its model.

@path: 'API_BUSINESS_PARTNER'
service API_BUSINESS_PARTNER {
  entity A_BusinessPartner {
    key BusinessPartner           : String(10);
        Customer                  : String(10);
        BusinessPartnerUUID       : UUID;
        BusinessPartnerCategory   : String(1);
        FirstName                 : String(40);
        LastName                  : String(40);
        OrganizationBPName1       : String(40);
        BusinessPartnerIsBlocked  : Boolean;
        CreationDate              : Date;
        LastChangeDate            : Date;
        to_BusinessPartnerAddress : Composition of many A_BusinessPartnerAddress
                                      on to_BusinessPartnerAddress.BusinessPartner = BusinessPartner;
        to_BusinessPartnerRole    : Composition of many A_BusinessPartnerRole
                                      on to_BusinessPartnerRole.BusinessPartner = BusinessPartner;
        to_BusinessPartnerTax     : Composition of many A_BusinessPartnerTaxNumber
                                      on to_BusinessPartnerTax.BusinessPartner = BusinessPartner;
        to_BuPaIdentification     : Composition of many A_BuPaIdentification
                                      on to_BuPaIdentification.BusinessPartner = BusinessPartner;
  }

  entity A_BusinessPartnerAddress {
    key BusinessPartner      : String(10);
    key AddressID            : String(10);
        StreetName           : String(60);
        CityName             : String(40);
        PostalCode           : String(10);
        Country              : String(3);
        to_EmailAddress      : Composition of many A_AddressEmailAddress
                                 on to_EmailAddress.AddressID = AddressID;
        to_PhoneNumber       : Composition of many A_AddressPhoneNumber
                                 on to_PhoneNumber.AddressID = AddressID;
        to_MobilePhoneNumber : Composition of many A_AddressPhoneNumber
                                 on to_MobilePhoneNumber.AddressID = AddressID;
  }

  entity A_AddressEmailAddress {
    key AddressID     : String(10);
    key Person        : String(10);
    key OrdinalNumber : String(3);
        EmailAddress  : String(241);
  }

  entity A_AddressPhoneNumber {
    key AddressID     : String(10);
    key Person        : String(10);
    key OrdinalNumber : String(3);
        PhoneNumber   : String(30);
  }

  entity A_BusinessPartnerRole {
    key BusinessPartner     : String(10);
    key BusinessPartnerRole : String(6);
        ValidFrom           : DateTime;
  }

  entity A_BusinessPartnerTaxNumber {
    key BusinessPartner : String(10);
    key BPTaxType       : String(4);
        BPTaxNumber     : String(20);
  }

  entity A_BPRelationship {
    key RelationshipNumber        : String(12);
    key BusinessPartner1          : String(10);
    key BusinessPartner2          : String(10);
    key ValidityEndDate           : DateTime;
        ValidityStartDate         : DateTime;
        RelationshipCategory      : String(6);
        IsStandardRelationship    : Boolean;
        LastChangeDate            : Date;
  }

  entity A_Customer {
    key Customer             : String(10);
        CustomerName         : String(80);
        OrderIsBlockedForCustomer : String(2);
        CreationDate         : Date;
        to_CustomerCompany   : Composition of many A_CustomerCompany
                                 on to_CustomerCompany.Customer = Customer;
        to_CustomerSalesArea : Composition of many A_CustomerSalesArea
                                 on to_CustomerSalesArea.Customer = Customer;
  }

  entity A_CustomerCompany {
    key Customer           : String(10);
    key CompanyCode        : String(4);
        PaymentTerms       : String(4);
        PaymentMethodsList : String(10);
  }

  entity A_CustomerSalesArea {
    key Customer            : String(10);
    key SalesOrganization   : String(4);
    key DistributionChannel : String(2);
    key Division            : String(2);
        CustomerPaymentTerms : String(4);
        Currency            : String(5);
        to_PartnerFunction  : Composition of many A_CustSalesPartnerFunc
                                on  to_PartnerFunction.Customer = Customer
                                and to_PartnerFunction.SalesOrganization = SalesOrganization
                                and to_PartnerFunction.DistributionChannel = DistributionChannel
                                and to_PartnerFunction.Division = Division;
  }

  entity A_CustSalesPartnerFunc {
    key Customer             : String(10);
    key SalesOrganization    : String(4);
    key DistributionChannel  : String(2);
    key Division             : String(2);
    key PartnerCounter       : String(3);
    key PartnerFunction      : String(2);
        BPCustomerNumber     : String(10);
  }

  entity A_BuPaIdentification {
    key BusinessPartner        : String(10);
    key BPIdentificationType   : String(6);
    key BPIdentificationNumber : String(60);
  }
}

@path: 'API_SALES_ORDER_SRV'
service API_SALES_ORDER_SRV {
  entity A_SalesOrder {
    key SalesOrder          : String(10);
        SoldToParty         : String(10);
        SalesOrderDate      : DateTime;
        TotalNetAmount      : Decimal(16, 3);
        TransactionCurrency : String(5);
        CreationDate        : DateTime;
        LastChangeDateTime  : Timestamp;
        to_Item             : Composition of many A_SalesOrderItem
                                on to_Item.SalesOrder = SalesOrder;
        to_Partner          : Composition of many A_SalesOrderHeaderPartner
                                on to_Partner.SalesOrder = SalesOrder;
  }

  entity A_SalesOrderItem {
    key SalesOrder        : String(10);
    key SalesOrderItem    : String(6);
        Material          : String(40);
        RequestedQuantity : Decimal(15, 3);
        NetAmount         : Decimal(16, 3);
  }

  entity A_SalesOrderHeaderPartner {
    key SalesOrder      : String(10);
    key PartnerFunction : String(2);
        Customer        : String(10);
  }
}
